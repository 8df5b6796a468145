import TLSSyntax
import TLSWire

/// The handshake of TLS 1.2 and before, which is in the clear up to the ChangeCipherSpec (RFC 5246 §7.3).
struct OldHandshake {
    /// Places that were reached in the order of each side's messages, client first.
    private var places = [0, 0]
    private(set) var hasKeyExchange = false
    private(set) var hasServerDone = false
    /// The curve that the server named (RFC 8422 §5.4).
    private(set) var group: UInt16?
    /// What the client supports, if it said so: curves, and ways to sign.
    private var groups: [UInt16] = []
    private var schemes: [UInt16] = []

    /// Chains of certificates that are kept.
    private static let mostCertificates = 16

    /// The server chose TLS 1.2, or an older version, out of what was offered.
    mutating func begin(_ offer: ClientOffer?) {
        groups = offer?.groups ?? []
        schemes = offer?.fields.numbers(13, lengthBytes: 2) ?? []
    }

    static let fromServer: Set<UInt8> = [0, 2, 4, 6, 12, 13, 14, 22]
    static let fromClient: Set<UInt8> = [1, 15, 16, 21]
    /// IANA, "TLS HandshakeType", what may stand in the clear; 67 and 203 are of drafts that browsers used.
    static let known: Set<UInt8> = [0, 1, 2, 3, 4, 5, 6, 8, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 25, 67, 203]

    private static func place(_ type: UInt8, isClient: Bool) -> Int? {
        switch (type, isClient) {
        case (1, true), (2, false): 1
        case (23, _): 2
        case (11, _), (21, true): 3
        case (22, false), (16, true): 4
        case (12, false), (15, true): 5
        case (13, false): 6
        case (14, false): 7
        case (4, false): 8
        default: nil
        }
    }

    /// - Parameter isWhole: whether nothing was missed of what came before.
    mutating func take(
        _ message: HandshakeAssembler.Message, _ direction: FlowDirection, isWhole: Bool, _ check: inout RuleCheck
    ) {
        let type = message.type.rawValue
        let isClient = direction == .clientToServer
        if type == 16 { hasKeyExchange = true }
        if type == 14 { hasServerDone = true }
        guard isWhole, let place = Self.place(type, isClient: isClient) else { return }
        let index = direction.index
        check.expect(
            .messageOrder, place > places[index],
            "\(message.type) of \(direction.sender) stands where it may not: the order of the handshake is broken")
        places[index] = max(places[index], place)
    }

    /// A ChangeCipherSpec of TLS 1.2 or before comes.
    /// - Parameter others: how many the other side has sent.
    func judgeChange(_ direction: FlowDirection, others: Int, _ check: inout RuleCheck) {
        let isInTime = direction == .clientToServer ? hasKeyExchange || others > 0 : !hasServerDone || others > 0
        check.expect(
            .changeEarly, isInTime,
            "a ChangeCipherSpec of \(direction.sender) before the keys can be agreed on")
    }

    // MARK: Certificates

    /// The chain of a Certificate message, the sender's own first; what is not readable is left out.
    static func certificates(_ body: [UInt8]) -> [[UInt8]] {
        do throws(SyntaxError) {
            return try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
                var count = 0
                let list = try reader.vector(lengthBytes: 3, 0...0xFF_FFFF) { (inner) throws(SyntaxError) -> [UInt8]? in
                    let place = try inner.opaqueRange(lengthBytes: 3, 0...0xFF_FFFF)
                    count += 1
                    return count <= mostCertificates ? Array(body[place]) : nil
                }
                return list.compactMap { $0 }
            }
        } catch {
            return []
        }
    }

    // MARK: ServerKeyExchange

    mutating func takeKeyExchange(_ body: [UInt8], _ answer: ServerHello, _ check: inout RuleCheck) {
        let traits = SuiteTraits(answer.cipherSuite.rawValue)
        guard traits.isDHE || traits.isECDHE else { return }
        let hasScheme = answer.version == .tls12 && !traits.isAnonymous
        do throws(SyntaxError) {
            let exchange = try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
                let key = traits.isDHE ? try Self.prime(&reader) : try Self.curve(&reader)
                var scheme: UInt16?
                if hasScheme { scheme = try reader.uint16() }
                if !traits.isAnonymous { _ = try reader.opaqueRange(lengthBytes: 2, 0...65_535) }
                return (key: key, scheme: scheme)
            }
            check.expect(
                .exchangeForm, exchange.key.isFit,
                "the server's key is not as long as those of its curve, or not of its form")
            if let bits = exchange.key.primeBits {
                check.expect(.shortPrime, bits >= 2_048, "a Diffie-Hellman prime of \(bits) bits")
            }
            if let curve = exchange.key.curve { take(curve: curve, &check) }
            if let scheme = exchange.scheme { judge(scheme: scheme, &check) }
        } catch {
            check.fail(.exchangeForm, "the ServerKeyExchange cannot be read to its end: \(error)")
        }
    }

    private struct Key {
        var primeBits: Int?
        var curve: UInt16?
        var isFit = true
    }

    private static func prime(_ reader: inout SyntaxReader) throws(SyntaxError) -> Key {
        let prime = try reader.opaque(lengthBytes: 2, 1...65_535)
        _ = try reader.opaqueRange(lengthBytes: 2, 1...65_535)
        _ = try reader.opaqueRange(lengthBytes: 2, 1...65_535)
        let digits = prime.drop { $0 == 0 }
        return Key(primeBits: digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0))
    }

    private static func curve(_ reader: inout SyntaxReader) throws(SyntaxError) -> Key {
        let kind = try reader.uint8()
        // Curves that are spelt out (RFC 4492) must not be used any more (RFC 8422 §5.4).
        guard kind == 3 else { throw .invalidValue(offset: 0, "a curve of kind \(kind)") }
        let curve = try reader.uint16()
        let point = try reader.opaque(lengthBytes: 1, 1...255)
        let share = HelloFields.Share(group: curve, length: point.count, first: point.first ?? 0)
        return Key(curve: curve, isFit: KeyShareForm.accepts(share, isClient: false))
    }

    private mutating func take(curve: UInt16, _ check: inout RuleCheck) {
        group = curve
        guard !groups.isEmpty else { return }
        check.expect(
            .curveOffered, groups.contains(curve),
            "the server uses \(NamedGroup(rawValue: curve)), which the client does not support")
    }

    private func judge(scheme: UInt16, _ check: inout RuleCheck) {
        let hash = scheme >> 8
        check.expect(
            .signatureHash, hash != 1 && hash != 2, "the server signs with \(hash == 1 ? "MD5" : "SHA-1")")
        guard !schemes.isEmpty else { return }
        check.expect(
            .signatureOffered, schemes.contains(scheme),
            "the server signs with scheme 0x\(String(scheme, radix: 16)), which the client did not offer")
    }
}
