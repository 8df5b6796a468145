import TLSWire

/// The key with which a direction begins, or goes on.
struct KeyStage {
    var label: KeyLog.Label
    var cipher: RecordCipher

    /// Whether it is changed by KeyUpdate messages.
    var isTraffic: Bool { label == .clientTraffic || label == .serverTraffic }
}

/// The keys of a direction of TLS, one after the other.
struct KeySchedule {
    let keyLog: KeyLog
    let random: [UInt8]
    let suite: SuiteParameters?

    /// The stage that a secret of the log makes; nil without one.
    func stage(_ label: KeyLog.Label) -> KeyStage? {
        guard let suite, let secret = keyLog.secret(label, of: random) else { return nil }
        return KeyStage(label: label, cipher: RecordCipher(suite, secret: secret))
    }

    /// What follows in TLS 1.3.
    func stage(after stage: KeyStage) -> KeyStage? {
        switch stage.label {
        case .master: nil
        case .clientEarly: self.stage(.clientHandshake)
        case .clientHandshake: self.stage(.clientTraffic)
        case .serverHandshake: self.stage(.serverTraffic)
        case .clientTraffic, .serverTraffic:
            stage.cipher.updated().map { KeyStage(label: stage.label, cipher: $0) }
        }
    }
}
