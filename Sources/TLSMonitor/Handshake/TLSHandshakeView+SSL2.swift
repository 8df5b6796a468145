import TLSWire

/// Hellos in the form of SSL 2.0 (RFC 5246 §E.2), with which old clients still begin, and what is left of that protocol.
extension TLSHandshakeView {
    mutating func judgeSSL2(
        _ record: ScannedRecord, _ direction: FlowDirection, _ check: inout RuleCheck
    ) -> Judgement {
        guard record.isWhole, let type = record.payload.first else { return Judgement(kind: .unaccounted) }
        if direction == .clientToServer, Self.isMasterKey(record.payload) {
            return Judgement(
                kind: .unaccounted, words: ["ClientMasterKey of SSL 2.0"], messages: [HandshakeType(rawValue: type)])
        }
        guard sides[direction.index].hellos == 0 else { return Judgement(kind: .unaccounted) }
        var judgement = Judgement(kind: .handshake, messages: [HandshakeType(rawValue: type)])
        do throws(TLSDecodeError) {
            switch (type, direction) {
            case (1, .clientToServer):
                let hello = try SSLv2ClientHello(decoding: record.payload)
                judgement.words = ["ClientHello of SSL 2.0"]
                greet(hello)
            case (4, .serverToClient):
                let hello = try SSLv2ServerHello(decoding: record.payload)
                judgement.words = ["ServerHello of SSL 2.0"]
                if !hello.certificate.isEmpty { judgement.certificateChain = [hello.certificate] }
                sides[1].hellos += 1
            default: return Judgement(kind: .unaccounted)
            }
        } catch {
            return Judgement(kind: .unaccounted)
        }
        check.fail(.oldVersion, "\(direction.sender) greets in the form of SSL 2.0 (RFC 6176)")
        return judgement
    }

    /// The one other message in the clear: a kind of cipher, and the lengths of three fields that fill the rest.
    private static func isMasterKey(_ payload: [UInt8]) -> Bool {
        guard payload.count > 10, payload[0] == 2 else { return false }
        let lengths = stride(from: 4, to: 10, by: 2).map { Int(payload[$0]) << 8 | Int(payload[$0 + 1]) }
        return 10 + lengths.reduce(0, +) == payload.count
    }

    private mutating func greet(_ hello: SSLv2ClientHello) {
        sides[0].hellos += 1
        let filler = [UInt8](repeating: 0, count: max(0, 32 - hello.challenge.count))
        clientHello = ClientHello(
            legacyVersion: hello.version, random: filler + hello.challenge.suffix(32), sessionID: hello.sessionID,
            cipherSuites: hello.cipherSuites, compressionMethods: [0], extensions: TLSExtensions())
        lastClientHello = clientHello
        helloCount += 1
    }

    /// Whether a record where keys may be in use is a hello all the same: the beginning is not in the capture, and a request to try again
    /// may have been in it.
    func isLateHello(_ record: ScannedRecord) -> Bool {
        !isWhole && serverHello == nil && record.header.contentType == .handshake && record.payload.count > 40
            && (1...2).contains(record.payload[0]) && record.payload[4] == 3 && record.payload[5] <= 3
            && HandshakeAssembler.isPlausible(record.payload)
    }
}
