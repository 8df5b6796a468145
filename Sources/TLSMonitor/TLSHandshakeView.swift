import TLSWire

/// What of a TLS connection can be seen from outside, and whether it keeps the rules that can be checked there (RFC 8446).
///
/// It is given every record of both directions and says in which class its bytes are.
struct TLSHandshakeView {
    private(set) var clientHello: ClientHello?
    private(set) var serverHello: ServerHello?
    /// The server's last hello, which may be a request to try again.
    private(set) var lastServerHello: ServerHello?
    private(set) var hasRetry = false
    /// TLS 1.3 was agreed on.
    private(set) var isTLS13 = false
    /// Hellos that were read, of both.
    private(set) var helloCount = 0
    private var sides = [Side(), Side()]
    /// Whether the connection was seen from its first byte.
    private(set) var isWhole: Bool

    struct Side {
        var assembler = HandshakeAssembler()
        var changeCipherSpecs = 0
        var protectedRecords = 0
        var hellos = 0
        var alert: Alert?
        /// A part of its handshake is not in the capture.
        var hasLost = false
    }

    /// What a record turned out to be.
    struct Judgement {
        var kind: RecordClass
        /// Names of the messages in the clear, or of the alert.
        var words: [String] = []
        /// A rule that is broken.
        var violation: String?
    }

    init(isWhole: Bool) {
        self.isWhole = isWhole
    }

    /// What both agreed on; `nil` before the ServerHello.
    var version: TLSVersion? { serverHello?.version }
    /// Both sides have sent something under keys.
    var isEstablished: Bool { serverHello != nil && sides.allSatisfy { $0.protectedRecords > 0 } }
    func alert(from direction: FlowDirection) -> Alert? { sides[direction.index].alert }
    func protectedRecords(from direction: FlowDirection) -> Int { sides[direction.index].protectedRecords }

    /// Whether a handshake message has begun, and not ended.
    func isInMessage(from direction: FlowDirection) -> Bool {
        !sides[direction.index].hasLost && sides[direction.index].assembler.isInMessage
    }

    /// A part of what `direction` sent is not in the capture: not all that follows can be judged.
    mutating func lose(_ direction: FlowDirection) {
        isWhole = false
        sides[direction.index].hasLost = true
    }

    mutating func judge(_ record: ScannedRecord, from direction: FlowDirection) -> Judgement {
        var judgement = judgeAlone(record, from: direction)
        if !isWhole, !isTLS13, judgement.violation != nil {
            // It may be under keys whose hellos were not seen.
            judgement = Judgement(kind: .unaccounted)
        }
        if isTLS13, judgement.violation == nil, record.header.contentType != .handshake, isInMessage(from: direction) {
            judgement.violation = "another record between the parts of a handshake message (RFC 8446 §5.1)"
        }
        return judgement
    }

    private mutating func judgeAlone(_ record: ScannedRecord, from direction: FlowDirection) -> Judgement {
        guard record.missing == 0, record.isWhole || record.header.contentType == .applicationData else {
            return judgeDamaged(record, from: direction)
        }
        switch record.header.contentType {
        case .handshake: return handshake(record, direction)
        case .changeCipherSpec: return changeCipherSpec(record, direction)
        case .alert: return alert(record, direction)
        case .applicationData: return applicationData(record, direction)
        case .heartbeat: return broken("a heartbeat, which TLS 1.3 does not have and which leaked memory before")
        }
    }

    /// A record of which not all was seen. Under keys it does not matter what it holds.
    private mutating func judgeDamaged(_ record: ScannedRecord, from direction: FlowDirection) -> Judgement {
        if record.header.contentType == .applicationData || isUnderKeys(direction) { return protected(direction) }
        if isTLS13, record.header.contentType == .handshake, !mayStillGreet(direction) {
            return broken("a handshake record in the clear, where keys are in use already")
        }
        lose(direction)
        return Judgement(kind: .unaccounted)
    }

    /// Before TLS 1.3 everything after the sender's ChangeCipherSpec is under keys, whatever its type. A server that asks for
    /// another hello speaks TLS 1.3.
    private func isUnderKeys(_ direction: FlowDirection) -> Bool {
        !isTLS13 && !hasRetry && sides[direction.index].changeCipherSpecs > 0 && (serverHello != nil || !isWhole)
    }

    private mutating func handshake(_ record: ScannedRecord, _ direction: FlowDirection) -> Judgement {
        if isUnderKeys(direction) { return protected(direction) }
        guard record.header.payloadLength > 0 else { return broken("an empty handshake record (RFC 8446 §5.1)") }
        if isTLS13, !mayStillGreet(direction) {
            return broken("a handshake record in the clear, where keys are in use already")
        }
        if sides[direction.index].hasLost { return Judgement(kind: .handshake) }
        guard let messages = sides[direction.index].assembler.append(record.payload) else {
            return broken("a handshake message that announces to be over 128 KiB")
        }
        var judgement = Judgement(kind: .handshake)
        for message in messages {
            let helloes = sides[1].hellos
            if let violation = take(message, direction) { judgement.violation = judgement.violation ?? violation }
            let isRetry = sides[1].hellos > helloes && lastServerHello?.isRetryRequest == true
            judgement.words.append(isRetry ? "HelloRetryRequest" : message.type.description)
        }
        return judgement
    }

    /// After a HelloRetryRequest both send a second hello; a hello may span records.
    private func mayStillGreet(_ direction: FlowDirection) -> Bool {
        let side = sides[direction.index]
        return side.protectedRecords == 0 && (side.assembler.isInMessage || side.hellos < (hasRetry ? 2 : 1))
    }

    private mutating func take(_ message: HandshakeAssembler.Message, _ direction: FlowDirection) -> String? {
        do throws(TLSDecodeError) {
            switch (message.type, direction) {
            case (.clientHello, .clientToServer):
                let hello = try ClientHello(decoding: message.body)
                sides[0].hellos += 1
                if sides[0].hellos > 2 || (sides[0].hellos == 2 && !hasRetry) {
                    return "a second ClientHello that nobody asked for"
                }
                clientHello = hello
                helloCount += 1
            case (.serverHello, .serverToClient):
                return take(try ServerHello(decoding: message.body))
            case (.clientHello, .serverToClient), (.serverHello, .clientToServer):
                return "a hello from the wrong side"
            default:
                // Certificates and key exchange of TLS 1.2 and before; in TLS 1.3 they are under keys.
                if isTLS13 || (isWhole && serverHello == nil) {
                    return "\(message.type) in the clear, where only a hello may be"
                }
            }
        } catch {
            return "\(error)"
        }
        return nil
    }

    private mutating func take(_ hello: ServerHello) -> String? {
        sides[1].hellos += 1
        lastServerHello = hello
        if hello.isRetryRequest {
            helloCount += 1
            defer { hasRetry = true }
            return hasRetry ? "a second HelloRetryRequest (RFC 8446 §4.1.4)" : nil
        }
        guard let offer = clientHello else {
            accept(hello)
            return isWhole ? "a ServerHello without a ClientHello" : nil
        }
        guard serverHello == nil else { return "a second ServerHello" }
        accept(hello)
        if hello.admitsDowngrade, offer.extensions.versions.contains(.tls13) {
            return "the server says that it was talked down from TLS 1.3 (RFC 8446 §4.1.3)"
        }
        if hello.version == .tls13 {
            if !offer.extensions.versions.contains(.tls13) { return "the server chose a version that was not offered" }
            if hello.sessionID != offer.sessionID { return "the server did not return the session id" }
            if sides[0].changeCipherSpecs > 1 { return Self.secondChange(.clientToServer) }
        }
        if !offer.cipherSuites.contains(hello.cipherSuite) {
            return "the server chose a cipher suite that was not offered"
        }
        return nil
    }

    private mutating func accept(_ hello: ServerHello) {
        serverHello = hello
        helloCount += 1
        isTLS13 = hello.version == .tls13
    }

    private mutating func changeCipherSpec(_ record: ScannedRecord, _ direction: FlowDirection) -> Judgement {
        if isUnderKeys(direction) { return protected(direction) }
        guard record.payload == [1] else { return broken("a ChangeCipherSpec that is not the single byte 1") }
        sides[direction.index].changeCipherSpecs += 1
        var judgement = Judgement(kind: .changeCipherSpec)
        if isWhole, clientHello == nil { judgement.violation = "a ChangeCipherSpec before any hello" }
        if isTLS13, sides[direction.index].changeCipherSpecs > 1 {
            judgement.violation = Self.secondChange(direction)
        } else if isTLS13, sides[direction.index].protectedRecords > 0 {
            judgement.violation = "a ChangeCipherSpec from \(direction.sender) after encrypted records"
        }
        return judgement
    }

    private static func secondChange(_ direction: FlowDirection) -> String {
        "a second ChangeCipherSpec from \(direction.sender): TLS 1.3 has no use for it"
    }

    private mutating func alert(_ record: ScannedRecord, _ direction: FlowDirection) -> Judgement {
        if isUnderKeys(direction) { return protected(direction) }
        guard let alert = Alert(record.payload) else {
            // In a stream that was joined late it may be under keys.
            return isWhole ? broken("an alert that is none") : Judgement(kind: .unaccounted)
        }
        if isTLS13, sides[direction.index].protectedRecords > 0 {
            return broken("an alert in the clear (\(alert)), where keys are in use already")
        }
        let isSecond = sides[direction.index].alert != nil
        sides[direction.index].alert = alert
        if isSecond, isTLS13 || serverHello == nil, isWhole {
            return Judgement(
                kind: .alert, words: [alert.description],
                violation: "a second alert in the clear: one ends the connection")
        }
        return Judgement(kind: .alert, words: [alert.description])
    }

    private mutating func applicationData(_ record: ScannedRecord, _ direction: FlowDirection) -> Judgement {
        if isTLS13 {
            if record.header.version != .tls12 {
                return broken("an encrypted record of version \(record.header.version)")
            }
            if record.header.payloadLength < 17 { return broken("an encrypted record too short for its tag") }
            if record.header.payloadLength > TLSRecordHeader.longestTLS13Payload {
                return broken("an encrypted record longer than TLS 1.3 allows")
            }
            return protected(direction)
        }
        let isEarlyData =
            direction == .clientToServer && serverHello == nil && clientHello?.extensions.hasEarlyData == true
        if isUnderKeys(direction) || isEarlyData || !isWhole { return protected(direction) }
        return broken("application data before there are keys")
    }

    private mutating func protected(_ direction: FlowDirection) -> Judgement {
        sides[direction.index].protectedRecords += 1
        return Judgement(kind: .protected)
    }

    private func broken(_ words: String) -> Judgement {
        Judgement(kind: .unaccounted, violation: words)
    }
}
