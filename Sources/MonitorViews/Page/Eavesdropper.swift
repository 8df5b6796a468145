import TLSMonitor
import TLSWire

/// What somebody learns who reads along and has no keys, in plain words.
struct Eavesdropper {
    var report: TrafficReport
    var span: ClosedRange<Int64>?

    /// A heading, and what there is to say; both are plain text.
    typealias Lesson = (title: String, words: String)

    private static let mostNames = 8

    private var flows: [FlowSummary] { report.flows }
    private var spoken: [FlowSummary] { flows.filter { $0.clientHello != nil || $0.serverHello != nil } }

    // MARK: The capture

    var lessons: [Lesson] {
        var lessons: [Lesson] = [("Who talks to whom", who)]
        if let span { lessons.append(("When, and how much", when(span))) }
        guard !spoken.isEmpty else { return lessons }
        lessons.append(("What was asked for", names))
        lessons.append(("Which protocols", protocols))
        lessons.append(("Which programs, probably", programs))
        lessons.append(("Certificates", certificates))
        lessons.append(("Whether the client proved who it is", clients))
        if flows.contains(where: \.isResumed) { lessons.append(("Who came back", resumed)) }
        lessons.append(("Whether recording it pays", quantum))
        lessons.append(("Sizes and times", rhythm))
        return lessons
    }

    private var who: String {
        let clients = Set(flows.map(\.client.address)), servers = Set(flows.map(\.server))
        guard !flows.isEmpty else { return "No connection with data is in the capture." }
        return "\(clients.count.of("client")) (\(Self.list(clients.sorted().map(\.description)))) talked to "
            + "\(servers.count.of("server")) (\(Self.list(servers.sorted().map(\.description)))) in "
            + "\(report.flowCount.of("connection")). Addresses often name a person, a household or a company."
    }

    private func when(_ span: ClosedRange<Int64>) -> String {
        let up = flows.reduce(0) { $0 + ($1.bytes.first ?? 0) }, down = flows.reduce(0) { $0 + ($1.bytes.last ?? 0) }
        return "From \(Measures.moment(span.lowerBound)), for "
            + "\(Measures.duration(Measures.elapsed(from: span.lowerBound, to: span.upperBound))): "
            + "\(Measures.bytes(up)) from clients, \(Measures.bytes(down)) from servers, in "
            + "\(flows.reduce(0) { $0 + $1.records }.of("record"))."
    }

    private var names: String {
        let named = spoken.compactMap(\.serverName)
        let hidden = spoken.count { $0.clientHello?.extensions.hasEncryptedClientHello ?? false }
        var words =
            named.isEmpty
            ? "No server name was sent in the clear."
            : "Server names in the clear: \(Self.list(Self.common(named))). Each client wrote the name of the host it wanted "
                + "into its first message."
        if hidden > 0 {
            words +=
                " \(hidden.of("hello")) may hide another name in Encrypted Client Hello, or only look so; what is shown is "
                + "the outer name."
        }
        return words
    }

    private var protocols: String {
        let versions = Self.common(spoken.compactMap { $0.version?.description })
        let offered = Self.common(spoken.compactMap(\.applicationProtocol))
        var words = versions.isEmpty ? "No version was agreed on." : "Spoken: \(Self.list(versions))."
        if !offered.isEmpty { words += " Application protocols, as clients offered them first: \(Self.list(offered))." }
        let prefixes = Self.common(flows.compactMap(\.prefix))
        if !prefixes.isEmpty { words += " In the clear before TLS: \(Self.list(prefixes))." }
        return words
    }

    private var programs: String {
        let marks = Set(spoken.compactMap(\.ja4))
        guard !marks.isEmpty else { return "No client's hello is in the capture, so there is no fingerprint." }
        let many = Dictionary(grouping: spoken.filter { $0.ja4 != nil }, by: \.client.address)
            .filter { Set($0.value.compactMap(\.ja4)).count > 1 }.count
        var words =
            "\(marks.count.of("fingerprint")) of a program (JA4): \(Self.list(marks.sorted())). The same fingerprint is probably the "
            + "same program with the same library, which published lists often name; it is a hint and no proof."
        if many > 0 { words += " \(many.of("client")) used more than one program, or more than one version of it." }
        return words
    }

    private var certificates: String {
        let shown = flows.compactMap(\.serverCertificates.first?.subject)
        guard !shown.isEmpty else {
            return spoken.contains { $0.version == .tls13 }
                ? "No certificate was readable: in TLS 1.3 they are encrypted." : "No certificate was seen."
        }
        return "Servers' certificates were sent in the clear, as TLS before 1.3 does: \(Self.list(Self.common(shown)))."
    }

    private var clients: String {
        let shown = flows.compactMap(\.clientCertificates.first?.subject)
        if !shown.isEmpty {
            return "Clients' certificates were sent in the clear, and name them: \(Self.list(Self.common(shown)))."
        }
        let guesses = flows.compactMap(\.clientCertificate)
        guard !guesses.isEmpty else { return "Nothing in the sizes says whether a client showed a certificate." }
        let with = guesses.filter { !$0.saysNone }
        let least = guesses.map(\.confidence).min() ?? 0
        return
            "Inferred from sizes: in \(with.count) of \(guesses.count.of("connection")) the client showed a certificate "
            + "(each guess is \(Measures.short(least * 100)) % sure or more). Its content, and so the name in it, was not readable."
    }

    private var resumed: String {
        "\(flows.count(where: \.isResumed).of("connection")) went on with an earlier session: that client had spoken with that server "
            + "before. A ticket that is used twice ties connections together, even from different addresses."
    }

    private var quantum: String {
        let agreed = spoken.filter { $0.group != nil || $0.serverHello != nil }
        guard !agreed.isEmpty else { return "No key exchange was completed." }
        let safe = agreed.count { $0.group?.isPostQuantum ?? false }
        if safe == agreed.count {
            return
                "Probably not: every key exchange was a post-quantum hybrid, so a later quantum computer does not open what is "
                + "recorded now."
        }
        return "\(agreed.count - safe) of \(agreed.count.of("key exchange")) "
            + "would not withstand a quantum computer: who records them now may read them when there is one (harvest now, decrypt later)."
            + (safe > 0 ? " The other \(safe) used a post-quantum hybrid." : "")
    }

    private var rhythm: String {
        "Each record shows its exact size and its time. That is enough to tell talking from idling, text from files, who answers "
            + "whom, and, for known pages or videos, often which one. Padding and cover traffic are what would hide it."
    }

    /// What stays hidden.
    var hidden: [String] {
        let encrypted = report.ledger.protected
        guard encrypted > 0 else { return ["Nothing was encrypted in this capture, so nothing was hidden."] }
        var items = [
            "The content of the \(Measures.bytes(encrypted)) in encrypted records, unless somebody has, or breaks, the keys.",
            "Paths, queries, cookies, passwords, user names: all of what the application says is inside.",
        ]
        if spoken.contains(where: { $0.version == .tls13 }) {
            items.append(
                "In TLS 1.3, certificates of both sides, the application protocol that was chosen, and most of the handshake: "
                    + "only its sizes are seen.")
        }
        if report.verdict == .refuted {
            items.append("But this capture is refuted: something beside this was on the wire. See the reasons above.")
        }
        return items
    }

    // MARK: One connection

    func story(of flow: FlowSummary) -> String {
        let up = flow.bytes.first ?? 0, down = flow.bytes.last ?? 0
        let span = Measures.elapsed(from: flow.start.time, to: flow.last.time)
        var words = "At \(Measures.moment(flow.start.time)) \(flow.client) connected to \(flow.server)"
        words += flow.serverName.map { " and asked for \($0). " } ?? ". "
        if let version = flow.version {
            words += "They spoke \(version)\(flow.isResumed ? ", going on with an earlier session" : ""). "
        } else {
            words += "No version of TLS was seen to be agreed on. "
        }
        words +=
            "In \(Measures.duration(span)) the client sent \(Measures.bytes(up)), the server \(Measures.bytes(down))."
        words += ending(of: flow)
        return words
    }

    private func ending(of flow: FlowSummary) -> String {
        let alert = flow.lastAlert.map { ", after the alert \($0)" } ?? ""
        switch flow.ending {
        case .open: return " How it ended is not in the capture\(alert)."
        case .closed: return " It was closed\(alert)."
        case .reset: return " It was cut off by a reset\(alert)."
        }
    }

    // MARK: Words

    /// The most frequent first.
    private static func common(_ values: [String]) -> [String] {
        var counts: [String: Int] = [:]
        for value in values { counts[value, default: 0] += 1 }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { $0.value > 1 && counts.count > 1 ? "\($0.key) (\($0.value.grouped) ×)" : $0.key }
    }

    private static func list(_ values: [String]) -> String {
        let rest = values.count - mostNames
        return values.prefix(mostNames).joined(separator: ", ") + (rest > 0 ? " and \(rest.grouped) more" : "")
    }
}

extension Inference {
    /// Whether it says that there is none.
    var saysNone: Bool { names.contains { $0.lowercased().hasPrefix("no ") } || names.isEmpty }
}
