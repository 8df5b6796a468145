import TLSMonitor

/// What an inspection comes to, in words and in numbers.
struct InspectionSummary {
    let log: InspectionLog
    let connections: Int
    let canaries: Int
    let control: (found: Int, of: Int)

    private var verdict: Verdict { log.hasViolation ? .refuted : log.hasDoubt ? .inconclusive : .proven }

    var report: InnerReport {
        InnerReport(
            verdict: verdict, words: words, findings: log.sortedFindings(), facts: facts, counts: counts,
            ledger: InnerClass.allCases.map { ($0.rawValue, log.ledger[$0]) })
    }

    private var words: String {
        switch verdict {
        case .proven:
            "opened with the sessions' keys, TLS carries Conclave frames alone, and what people say in them is MLS ciphertext"
        case .refuted: "there is something in the opened connections that must not be there"
        case .inconclusive: "not enough was opened to say"
        }
    }

    private var counts: [(name: String, count: Int)] {
        var counts: [(name: String, count: Int)] = [
            ("connections", connections), ("connections_spoken", log.spoken), ("frames_client", log.frames[0]),
            ("frames_server", log.frames[1]),
            ("blobs", log.blobs), ("unpadded", log.unpadded), ("canaries", canaries), ("canary_hits", log.canaryHits),
            ("control_found", control.found), ("control_of", control.of),
        ]
        for kind in InnerClass.structures { counts.append((kind.rawValue, number(of: kind))) }
        return counts
    }

    private func number(of kind: InnerClass) -> Int { log.structures[kind] ?? 0 }

    private var facts: [(name: String, words: String)] {
        let ledger = log.ledger
        let privateCount = InnerClass.privates.reduce(0) { $0 + number(of: $1) }
        var facts: [(name: String, words: String)] = [
            (
                "frames",
                "\((log.frames[0] + log.frames[1]).grouped) in \(log.spoken.grouped) of \(connections.of("connection")): "
                    + "\(log.frames[0].grouped) of clients, \(log.frames[1].grouped) of servers"
            ),
            (
                "sealed",
                "\(privateCount.of("PrivateMessage")) (application \(number(of: .application).grouped), commit "
                    + "\(number(of: .commit).grouped), proposal \(number(of: .proposal).grouped)), "
                    + number(of: .welcome).of("Welcome")
                    + (log.unpadded > 0 ? "; \(log.unpadded.of("message")) not padded, whose length tells more" : "")
            ),
            (
                "public",
                "\(number(of: .keyPackage).of("KeyPackage")), \(number(of: .groupInfo).of("GroupInfo")), "
                    + "\(number(of: .publicMessage).of("commit")) of newcomers and requests for removal"
            ),
            (
                "inside",
                "\(log.fedBytes.grouped) B = sealed \(bytes(InnerClass.sealed)) + public \(bytes(InnerClass.open)) + framing "
                    + "\(ledger[.framing].grouped) + names \(ledger[.names].grouped) + room ids \(ledger[.rooms].grouped) + words "
                    + "\(ledger[.words].grouped) + tls \(ledger[.tls].grouped) + unaccounted \(ledger[.unaccounted].grouped)"
            ),
        ]
        if canaries > 0 {
            facts.append(
                (
                    "canary",
                    "\(canaries.of("text")), \(control.of.of("pattern")): \(log.canaryHits.of("hit")) inside; the same search "
                        + "found \(control.found) of \(control.of) in a copy that has them"
                ))
        }
        facts.append(
            (
                "readable",
                "to the server all the same: names of users and devices, room ids, sizes, numbers, times"
                    + (ledger[.words] > 0 ? "; and its own words for people" : "")
            ))
        return facts
    }

    private func bytes(_ kinds: [InnerClass]) -> String { kinds.reduce(0) { $0 + log.ledger[$1] }.grouped }
}

extension InnerClass {
    static let privates: [InnerClass] = [.application, .proposal, .commit]
    static let sealed = privates + [.welcome]
    static let open: [InnerClass] = [.keyPackage, .groupInfo, .publicMessage]
    static let structures = sealed + open
}

extension Int {
    /// With commas between thousands.
    fileprivate var grouped: String {
        let digits = Array(String(magnitude))
        let parts = stride(from: digits.count, to: 0, by: -3).map { String(digits[Swift.max(0, $0 - 3)..<$0]) }
        return (self < 0 ? "-" : "") + parts.reversed().joined(separator: ",")
    }

    /// `1 frame`, `2 frames`.
    fileprivate func of(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}
