import TLSWire

/// Records in the clear, and those that came under keys before TLS 1.3.
extension TLSHandshakeView {
    func judgeHeader(_ header: TLSRecordHeader, _ direction: FlowDirection, _ check: inout RuleCheck) {
        guard header.contentType != .applicationData else { return }
        check.expect(
            .clearRecordLength, header.payloadLength <= 1 << 14,
            "a record in the clear of \(header.payloadLength) bytes: 16384 are allowed")
        if isTLS13 || (hasRetry && direction == .serverToClient) {
            check.expect(
                .clearRecordVersion, header.version == .tls12 || (isTLS13 && !isFinal),
                "a record in the clear says \(header.version) where TLS 1.2 must stand")
        } else if let version, version <= .tls12 {
            judgeAgreed(version, header, &check)
        }
    }

    private func judgeAgreed(_ version: TLSVersion, _ header: TLSRecordHeader, _ check: inout RuleCheck) {
        check.expect(
            .negotiatedRecordVersion, header.version == version,
            "a record says \(header.version) where \(version) was agreed on")
    }

    // MARK: Handshake

    mutating func handshake(
        _ record: ScannedRecord, _ direction: FlowDirection, _ check: inout RuleCheck
    ) -> Judgement {
        check.expect(
            .emptyFragment, record.header.payloadLength > 0, "an empty handshake record (RFC 8446 §5.1)")
        guard record.header.payloadLength > 0 else { return Judgement(kind: .unaccounted) }
        if isTLS13 {
            check.expect(.clearAfterKeys, mayStillGreet(direction), Self.clearAfterKeys)
            guard mayStillGreet(direction) else { return Judgement(kind: .unaccounted) }
        }
        if let kind = judgeLate(record, direction) { return kind }
        guard let messages = sides[direction.index].assembler.append(record.payload) else {
            check.fail(.helloLength, "a hello that announces to be over 128 KiB, which no hello is")
            return Judgement(kind: .unaccounted)
        }
        var judgement = Judgement(kind: .handshake)
        for message in messages {
            let helloes = sides[1].hellos
            take(message, record.header, direction, &judgement, &check)
            let isRetry = sides[1].hellos > helloes && lastServerHello?.isRetryRequest == true
            judgement.messages.append(message.type)
            judgement.words.append(isRetry ? "HelloRetryRequest" : message.type.description)
        }
        return judgement
    }

    /// After a HelloRetryRequest both send a second hello; a hello may span records.
    func mayStillGreet(_ direction: FlowDirection) -> Bool {
        let side = sides[direction.index]
        return side.protectedRecords == 0 && (side.assembler.isInMessage || side.hellos < (hasRetry ? 2 : 1))
    }

    /// Where a stream was not seen from its start, or has a gap, its handshake records may be under keys or go on with what was not
    /// seen.
    /// - Returns: what the record is; `nil` if it holds messages in the clear.
    private mutating func judgeLate(_ record: ScannedRecord, _ direction: FlowDirection) -> Judgement? {
        let index = direction.index
        let isNew = !seesAll && sides[index].hellos == 0 && !sides[index].assembler.isInMessage
        guard sides[index].hasLost || isNew else { return nil }
        if HandshakeAssembler.isPlausible(record.payload) {
            if sides[index].hasLost { sides[index].assembler = HandshakeAssembler() }
            sides[index].hasLost = false
            return nil
        }
        // As long as a Finished is under the ciphers there are, and its message cannot be read: it is under keys.
        if !isTLS13, !hasRetry, (32...128).contains(record.payload.count) {
            sides[index].looksEncrypted = true
            return protected(direction)
        }
        return Judgement(kind: .unaccounted)
    }

    private mutating func take(
        _ message: HandshakeAssembler.Message, _ header: TLSRecordHeader, _ direction: FlowDirection,
        _ judgement: inout Judgement, _ check: inout RuleCheck
    ) {
        let type = message.type.rawValue
        judgeSender(message.type, direction, &check)
        if type == 1 || type == 2 { check.pass([.helloLength]) }
        switch (type, direction) {
        case (1, .clientToServer):
            take(clientHello: message, &check)
            judgeFirst(header, &check)
            if seesAll, !hasRetry { old.take(message, direction, isWhole: true, &check) }
        case (2, .serverToClient):
            take(serverHello: message, &check)
            if serverHello != nil, !isTLS13 { old.take(message, direction, isWhole: seesAll, &check) }
        case (1, _), (2, _): break
        case (6, .serverToClient) where serverHello == nil: takeDraftRetry()
        default: takeOther(message, direction, &judgement, &check)
        }
    }

    private func judgeFirst(_ header: TLSRecordHeader, _ check: inout RuleCheck) {
        guard !hasRetry, clientHello?.extensions.versions.contains(.tls13) == true else { return }
        check.expect(
            .firstRecordVersion, header.version == .tls10 || header.version == .tls12,
            "the record of the ClientHello says \(header.version)")
    }

    private func judgeSender(_ type: HandshakeType, _ direction: FlowDirection, _ check: inout RuleCheck) {
        let strangers = direction == .clientToServer ? OldHandshake.fromServer : OldHandshake.fromClient
        let isHello = type.rawValue == 1 || type.rawValue == 2
        check.expect(
            .messageSender, !strangers.contains(type.rawValue),
            isHello ? "a hello from the wrong side" : "\(type) from \(direction.sender), who does not send it")
        check.expect(
            .messageType, OldHandshake.known.contains(type.rawValue), "a handshake message of type \(type.rawValue)")
    }

    /// Certificates and key exchange of TLS 1.2 and before; in TLS 1.3 they are under keys.
    private mutating func takeOther(
        _ message: HandshakeAssembler.Message, _ direction: FlowDirection, _ judgement: inout Judgement,
        _ check: inout RuleCheck
    ) {
        let words = "\(message.type) in the clear, where only a hello may be"
        if isTLS13 || hasRetry {
            check.fail(.clearAfterKeys, words)
        } else if seesAll {
            // A server may ask for a hello (RFC 5246 §7.4.1.1).
            check.expect(.helloFirst, serverHello != nil || message.type.rawValue == 0, words)
            check.expect(
                .finishedProtected, message.type.rawValue != 20, "a Finished in the clear: there is no encryption")
        }
        guard !isTLS13 else { return }
        old.take(message, direction, isWhole: seesAll && serverHello != nil, &check)
        switch message.type.rawValue {
        case 11: judgement.certificateChain = OldHandshake.certificates(message.body)
        case 12: take(keyExchange: message, &check)
        default: break
        }
    }

    // MARK: ChangeCipherSpec

    mutating func changeCipherSpec(
        _ record: ScannedRecord, _ direction: FlowDirection, _ check: inout RuleCheck
    ) -> Judgement {
        let index = direction.index
        // In a stream that was joined late it may be under keys.
        if !seesAll, !isTLS13, record.payload.count >= 16 { return protected(direction) }
        check.expect(.changeValue, record.payload == [1], "a ChangeCipherSpec that is not the single byte 1")
        guard record.payload == [1] else { return Judgement(kind: .unaccounted) }
        sides[index].changeCipherSpecs += 1
        if seesAll {
            let hasHello = serverHello != nil || hasRetry || (direction == .clientToServer && clientHello != nil)
            check.expect(.changePlace, hasHello, "a ChangeCipherSpec before any hello of \(direction.sender)")
        }
        if isTLS13 {
            check.expect(.changeOnce, sides[index].changeCipherSpecs == 1, Self.secondChange(direction))
            if sides[index].changeCipherSpecs == 1 {
                check.expect(
                    .changePlace, sides[index].protectedRecords == 0 || isAfterEarlyData(direction),
                    "a ChangeCipherSpec from \(direction.sender) after encrypted records")
            }
        } else if seesAll, serverHello != nil, !hasRetry {
            old.judgeChange(direction, others: sides[direction.opposite.index].changeCipherSpecs, &check)
        }
        return Judgement(kind: .changeCipherSpec)
    }

    /// Some clients send early data first.
    private func isAfterEarlyData(_ direction: FlowDirection) -> Bool {
        direction == .clientToServer && clientHello?.extensions.hasEarlyData == true
    }

    // MARK: Alerts

    mutating func alert(
        _ record: ScannedRecord, _ direction: FlowDirection, _ check: inout RuleCheck
    ) -> Judgement {
        let index = direction.index
        let payload = record.payload
        // In a stream that was joined late it may be under keys.
        if !seesAll, !isTLS13, payload.count != 2 {
            return payload.count > 2 ? protected(direction) : Judgement(kind: .unaccounted)
        }
        check.expect(.emptyFragment, !payload.isEmpty, "an empty alert (RFC 8446 §5.1)")
        check.expect(.alertLength, payload.count == 2, "an alert that is none: it has \(payload.count) bytes")
        guard payload.count == 2 else { return Judgement(kind: .unaccounted) }
        check.expect(.alertLevel, (1...2).contains(payload[0]), "an alert that is none: its level is \(payload[0])")
        guard let alert = Alert(payload) else { return Judgement(kind: .unaccounted) }
        if isTLS13 {
            let isClear = sides[index].protectedRecords == 0
            check.expect(.alertAfterKeys, isClear, "an alert in the clear (\(alert)), where keys are in use already")
            guard isClear else { return Judgement(kind: .unaccounted) }
        }
        check.expect(
            .alertDescription, Self.alerts.contains(alert.code),
            "an alert of number \(alert.code), which is not registered")
        let isSecond = sides[index].alert != nil && (isTLS13 || serverHello == nil || sides[index].isOver)
        if seesAll || isTLS13 {
            check.expect(.afterAlert, !isSecond, "a second alert in the clear: one ends the connection")
        }
        sides[index].alert = alert
        // What is not a warning ends the connection, and so does a closure.
        if alert.level == 2 || alert.code == 0 { sides[index].isOver = true }
        return Judgement(kind: .alert, words: [alert.description], alert: alert)
    }

    /// IANA, "TLS Alerts".
    private static let alerts: Set<UInt8> = [
        0, 10, 20, 21, 22, 30, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 60, 70, 71, 80, 86, 90, 100, 109,
        110, 111,
        112, 113, 114, 115, 116, 117, 120, 121,
    ]

    // MARK: Heartbeats

    mutating func heartbeat(
        _ record: ScannedRecord, _ direction: FlowDirection, _ check: inout RuleCheck
    ) -> Judgement {
        let payload = record.payload
        if !seesAll, !isTLS13 { return Judgement(kind: .unaccounted) }
        check.fail(
            .heartbeatClear, "a heartbeat in the clear, which TLS 1.3 does not have and which leaked memory before")
        if payload.count >= 3 {
            let announced = Int(payload[1]) << 8 | Int(payload[2])
            check.expect(
                .heartbeatLength, 3 + announced <= payload.count,
                "a heartbeat that announces \(announced) bytes and has \(payload.count): what Heartbleed looks like")
        }
        return Judgement(kind: .unaccounted)
    }

    // MARK: Under keys, before TLS 1.3

    mutating func oldProtected(
        _ record: ScannedRecord, _ direction: FlowDirection, _ check: inout RuleCheck
    ) -> Judgement {
        let header = record.header
        if traits?.isNull == true {
            check.fail(.nullEncryption, "a record under a cipher suite that does not encrypt")
            return Judgement(kind: .unaccounted)
        }
        guard let traits, seesAll, let version else { return protected(direction) }
        judgeAgreed(version, header, &check)
        if header.contentType == .heartbeat { check.pass([.heartbeatClear]) }
        if let addition = traits.addition {
            check.expect(
                .protectedRecordTag, header.payloadLength >= addition, "an encrypted record too short for its tag")
        } else if traits.isCBC {
            check.expect(
                .blockLength, isWholeBlocks(header.payloadLength, traits),
                "a record of \(header.payloadLength) bytes under a cipher with blocks of \(traits.blockLength)")
        }
        return check.breaches.contains { $0.rule.weight == .violation }
            ? Judgement(kind: .unaccounted) : protected(direction)
    }

    /// With Encrypt-then-MAC (RFC 7366 §3) the authentication stands behind the blocks, and may be truncated (RFC 6066 §7).
    private func isWholeBlocks(_ length: Int, _ traits: SuiteTraits) -> Bool {
        let types = serverHello?.extensions.types ?? []
        let ends = types.contains(22) ? [16, 20, 32, 48] : [0]
        let allowed = types.contains(4) ? ends + [10] : ends
        return allowed.contains {
            length >= $0 + traits.blockLength && (length - $0).isMultiple(of: traits.blockLength)
        }
    }
}
