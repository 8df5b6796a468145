import TLSWire

/// Opens the records of one direction with one key after the other, also if some are altered, foreign, missing or repeated.
struct DirectionDecryptor {
    enum Outcome {
        /// - displacement: by how much its place in the sender's count is not what it should be.
        case opened(RecordCipher.Plaintext, displacement: Int, [KeyFinding])
        case failed
        case noKey
    }

    private(set) var stage: KeyStage?
    private(set) var count = RecordCount()
    /// What this direction waits for a secret for.
    private(set) var awaited: KeyLog.Label?
    /// Instead of the present key, until it has opened something.
    private var alternatives: [KeyStage] = []
    private var following: KeyStage?
    /// Records may be early data for which there is no key.
    private var maySkip = false
    /// Records that may be tried out of their places: who sends rubbish must not cost more and more.
    private var budget = DirectionDecryptor.mostBudget
    /// How often a record was tried out of its place.
    private(set) var attempts = 0

    /// How far a record is looked for that is not in its place.
    private static let reach: UInt64 = 32
    private static let mostBudget = 2_048
    /// What a record in its place earns.
    private static let earning = 2

    /// From now on the sender uses the first of these keys that opens something.
    /// - Parameter maySkip: what does not open may be early data, which is not counted.
    mutating func begin(_ stages: [KeyStage], maySkip: Bool = false) {
        stage = stages.first
        alternatives = Array(stages.dropFirst())
        (awaited, following) = (nil, nil)
        self.maySkip = maySkip
        if maySkip {
            count.restart()
            count.allow(1)
        }
    }

    /// There is no key for what comes: until one comes for `label`.
    mutating func wait(for label: KeyLog.Label?) {
        (stage, awaited, following, alternatives) = (nil, label, nil, [])
    }

    /// So many bytes of this direction are not in the capture. The smallest record has 22.
    mutating func lose(_ bytes: Int) { count.allow(bytes / 22 + 1) }

    /// The count cannot be trusted before something opens.
    mutating func doubt() { count.allow(1) }

    /// Another handshake's key.
    mutating func change(to stage: KeyStage?) {
        count.restart()
        begin(stage.map { [$0] } ?? [])
    }

    /// The sender says that it changes its key.
    mutating func advance(_ schedule: KeySchedule) {
        guard let stage, stage.label != .master else { return }
        let next = following ?? schedule.stage(after: stage)
        count.restart()
        if let next {
            begin([next])
        } else {
            wait(for: stage.label.following)
        }
    }

    mutating func open(_ record: ScannedRecord, _ schedule: KeySchedule?) -> Outcome {
        guard let stage, record.isWhole, record.keepsPayload else {
            count.pass()
            return .noKey
        }
        let expected = count.expected
        if let text = stage.cipher.open(record.header, record.payload, at: expected) {
            budget = min(budget + Self.earning, Self.mostBudget)
            maySkip = false
            let findings = count.open(at: expected, offset: record.offset, record.last)
            return .opened(text, displacement: 0, findings)
        }
        if let found = search(record, stage, schedule) {
            maySkip = false
            return found
        }
        if maySkip { return .noKey }
        if count.isUncertain {
            count.pass()
            return .noKey
        }
        count.fail(offset: record.offset, record.last)
        return .failed
    }

    mutating func finish() -> [KeyFinding] { count.finish() }

    // MARK: Out of place

    private mutating func search(_ record: ScannedRecord, _ stage: KeyStage, _ schedule: KeySchedule?) -> Outcome? {
        let (base, expected) = (count.base, count.expected)
        if count.openedInAll == 0 {
            for other in alternatives {
                for number in Set([expected, base]) {
                    guard let text = attempt(record, other, number) else { continue }
                    begin([other])
                    return here(text, number, record)
                }
            }
        }
        if following == nil { following = schedule?.stage(after: stage) }
        if let following, let text = attempt(record, following, 0) { return turn(text, 0, following, record) }
        if base != expected, let text = attempt(record, stage, base) { return here(text, base, record) }
        let slack = UInt64(count.slack)
        let reach = Self.reach
        let ahead = (expected &+ 1)...(expected &+ max(reach, slack))
        let behind = (base - min(base, reach)..<base).reversed()
        for number in (base &+ 1)..<max(base &+ 1, expected) where budget > 0 {
            if let text = attempt(record, stage, number) { return here(text, number, record) }
        }
        if slack > 0, let following {
            // Where the keys changed is not known.
            let numbers = [behind.map { $0 }, [base], Array(1...max(4, min(slack, reach)))].joined()
            for number in numbers where budget > 0 && number > 0 {
                if let text = attempt(record, following, number) { return turn(text, number, following, record) }
            }
        }
        for number in [
            AnySequence(ahead.prefix(Int(reach))), AnySequence(behind), AnySequence(ahead.dropFirst(Int(reach))),
        ]
        .joined() where budget > 0 {
            if let text = attempt(record, stage, number) { return here(text, number, record) }
        }
        return nil
    }

    private mutating func attempt(
        _ record: ScannedRecord, _ stage: KeyStage, _ number: UInt64
    ) -> RecordCipher.Plaintext? {
        budget -= budget > 0 ? 1 : 0
        attempts += 1
        return stage.cipher.open(record.header, record.payload, at: number)
    }

    private mutating func here(
        _ text: RecordCipher.Plaintext, _ number: UInt64, _ record: ScannedRecord
    ) -> Outcome {
        let displacement = Int(clamping: number) - Int(clamping: count.expected)
        let findings = count.open(at: number, offset: record.offset, record.last)
        return .opened(text, displacement: displacement, findings)
    }

    private mutating func turn(
        _ text: RecordCipher.Plaintext, _ number: UInt64, _ next: KeyStage, _ record: ScannedRecord
    ) -> Outcome {
        // Early data that the server refuses has no end that is seen.
        let isUsual = stage?.label == .clientEarly
        let findings = count.turn(at: number, offset: record.offset, record.last, isUsual: isUsual)
        begin([next])
        return .opened(text, displacement: findings.isEmpty ? 0 : 1, findings)
    }
}

extension KeyLog.Label {
    /// What its direction uses next.
    var following: KeyLog.Label? {
        switch self {
        case .clientEarly: .clientHandshake
        case .clientHandshake: .clientTraffic
        case .serverHandshake: .serverTraffic
        case .master, .clientTraffic, .serverTraffic: nil
        }
    }
}
