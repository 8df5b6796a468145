/// Counts the records of one direction as their sender did, from what opens and what does not, and says of each that did not what
/// became of it as soon as that shows.
///
/// The next record that opens tells: if it is in its place, those before it were altered; if it is as many places before its own as did
/// not open, they were put in by somebody else; if it is behind its place, records are missing. A record that opens again came before.
struct RecordCount {
    /// A record that did not open, as yet without a reason.
    private struct Place {
        var offset: Int
        var sighting: Sighting
    }

    /// The number of the sender's next record, if none of those that failed was the sender's.
    private(set) var base: UInt64 = 0
    /// Records that failed since one opened; the first of them in detail.
    private(set) var failed = 0
    private var places: [Place] = []
    /// Numbers that were passed over: their records may come late.
    private var missing: [Range<UInt64>] = []
    /// Records that the present key has opened, and all keys.
    private(set) var opened = 0
    private(set) var openedInAll = 0
    /// So many records may be missing because the capture does not have them, or because there was no key for them.
    private(set) var slack = 0

    /// Places that are told one by one.
    private static let mostPlaces = 16
    private static let mostRanges = 16
    private static let mostSlack = 4_096

    /// Where the sender's count stands is only known when something opens: records passed before there was a key.
    var isUncertain: Bool { opened == 0 && slack > 0 }

    /// The number of the next record if all that failed were altered.
    var expected: UInt64 { base &+ UInt64(failed) }

    /// Bytes, or a record's, are not in the capture.
    mutating func allow(_ records: Int) {
        slack = min(Self.mostSlack, slack + max(0, records))
    }

    /// A record passed that cannot be tried.
    mutating func pass() {
        base &+= 1
        slack = max(slack, 1)
    }

    /// Another key, with which the sender counts from 0.
    mutating func restart() {
        (base, opened, missing) = (0, 0, [])
    }

    mutating func fail(offset: Int, _ sighting: Sighting) {
        failed += 1
        if places.count < Self.mostPlaces { places.append(Place(offset: offset, sighting: sighting)) }
    }

    /// The present key opened a record as the one of this number.
    /// - Returns: what that says of it and of those before it.
    mutating func open(at number: UInt64, offset: Int, _ sighting: Sighting) -> [KeyFinding] {
        if number == base, failed == 0 {
            // The usual case.
            base &+= 1
            opened += 1
            openedInAll += 1
            slack = 0
            return []
        }
        defer {
            opened += 1
            openedInAll += 1
        }
        if isUncertain {
            settle(behind: number)
            return []
        }
        guard number >= base else { return [late(number, offset, sighting)] }
        var findings = resolve(altered: Int(clamping: number - base))
        if number > expected {
            let count = number - expected
            if slack == 0 {
                findings.append(Self.lost("\(count) of the sender's records before this one", offset, sighting))
            }
            if missing.count < Self.mostRanges { missing.append(expected..<number) }
        }
        settle(behind: number)
        return findings
    }

    /// The key behind the present one opened a record as its number `number`: the record with which the key changed was not opened.
    /// - Parameter isUsual: the change needs no record that was opened here.
    mutating func turn(at number: UInt64, offset: Int, _ sighting: Sighting, isUsual: Bool) -> [KeyFinding] {
        var findings = resolve(altered: failed)
        if slack == 0, failed == 0, !isUsual {
            findings.append(
                Self.lost("the record before this one with which the sender changed its key", offset, sighting))
        } else if slack == 0, number > 0 {
            findings.append(Self.lost("\(number) of the sender's records before this one", offset, sighting))
        }
        restart()
        settle(behind: number)
        opened = 1
        openedInAll += 1
        return findings
    }

    private mutating func settle(behind number: UInt64) {
        base = number &+ 1
        (failed, places, slack) = (0, [], 0)
    }

    private mutating func late(_ number: UInt64, _ offset: Int, _ sighting: Sighting) -> KeyFinding {
        let distance = base - number
        guard let range = missing.firstIndex(where: { $0.contains(number) }) else {
            return KeyFinding(
                failure: .repeated,
                words: "a record of the sender that came before is here again, \(distance) places behind its own",
                offset: offset, sighting: sighting)
        }
        let whole = missing.remove(at: range)
        for part in [whole.lowerBound..<number, (number + 1)..<whole.upperBound]
        where !part.isEmpty && missing.count < Self.mostRanges { missing.append(part) }
        return KeyFinding(
            failure: .repeated,
            words: "a record of the sender that was missing before comes \(distance - 1) places late",
            offset: offset, sighting: sighting)
    }

    private static func lost(_ what: String, _ offset: Int, _ sighting: Sighting) -> KeyFinding {
        KeyFinding(failure: .lost, words: "missing: \(what)", offset: offset, sighting: sighting)
    }

    /// So many of those that failed were the sender's, and the rest was not.
    private func resolve(altered: Int) -> [KeyFinding] {
        guard failed > 0 else { return [] }
        if altered >= failed {
            return tell(
                .altered, "a record was altered on the way, or replaced: what follows opens in its place")
        }
        if altered == 0 {
            return tell(
                .injected, "a record was put in by somebody else: what follows opens as if it were not there")
        }
        return tell(
            .unknown,
            "of \(failed) records in a row that the keys do not open \(altered) were altered, and the others put in: which cannot be said"
        )
    }

    private func tell(_ failure: KeyFailure, _ words: String) -> [KeyFinding] {
        var findings = places.map {
            KeyFinding(failure: failure, words: words, offset: $0.offset, sighting: $0.sighting)
        }
        if failed > places.count, let last = places.last {
            findings.append(
                KeyFinding(
                    failure: failure, words: "the same of \(failed - places.count) more records behind this one",
                    offset: last.offset, sighting: last.sighting))
        }
        return findings
    }

    /// Nothing more comes: what can be said of those that failed.
    mutating func finish() -> [KeyFinding] {
        guard failed > 0, let first = places.first else { return [] }
        defer { (failed, places) = (0, []) }
        if opened == 0, failed > 1 {
            let which = openedInAll == 0 ? "of this direction" : "behind the change of keys"
            return [
                KeyFinding(
                    failure: .wrongKey,
                    words: "the secret in the key log is not the one of this connection: it opens none of the "
                        + "\(failed) records \(which)",
                    offset: first.offset, sighting: first.sighting)
            ]
        }
        let why =
            failed == 1
            ? (opened == 0 ? "it is the only one, so that the key may be wrong, too" : "it is the last one")
            : "none of the \(failed) records at the end opens"
        return tell(
            .unknown,
            "a record that the keys do not open was altered or put in, and nothing behind it shows which: \(why)")
    }
}
