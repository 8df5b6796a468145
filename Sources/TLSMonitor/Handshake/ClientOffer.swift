import TLSSyntax
import TLSWire

/// What a ClientHello offers, as far as the answer is judged by it.
struct ClientOffer {
    let fields: HelloFields
    /// Of supported_versions; empty if it is not there.
    let versions: [UInt16]
    let groups: [UInt16]
    let shares: [HelloFields.Share]
    /// Modes in which a pre-shared key may be used (RFC 8446 §4.2.9).
    let pskModes: [UInt8]
    let pskCount: Int

    init(_ fields: HelloFields) {
        self.fields = fields
        versions = fields.numbers(43, lengthBytes: 1) ?? []
        groups = fields.numbers(10, lengthBytes: 2) ?? []
        shares = fields.clientShares ?? []
        pskModes = Self.modes(fields) ?? []
        pskCount = fields.preSharedKeys?.identities ?? 0
    }

    private static func modes(_ fields: HelloFields) -> [UInt8]? {
        fields.read(45) { (reader) throws(SyntaxError) in try reader.opaque(lengthBytes: 1, 1...255) }
    }

    var offersTLS13: Bool { versions.contains(0x0304) }

    func offers(version: UInt16) -> Bool {
        fields.has(43) ? versions.contains(version) : version <= fields.legacyVersion
    }

    // MARK: What a ClientHello must keep

    func judge(isSecond: Bool, _ check: inout RuleCheck) {
        judgeForm(&check)
        judgeExtensions(&check)
        judgeNames(&check)
        if !isSecond {
            check.expect(.cookieUnasked, !fields.has(44), "the first ClientHello has a cookie, which nobody gave")
        }
        guard offersTLS13 else { return }
        judgeTLS13(&check)
        judgeShares(&check)
        judgePreSharedKeys(&check)
    }

    private func judgeForm(_ check: inout RuleCheck) {
        let length = fields.sessionID.count
        check.expect(.sessionLength, length <= 32, "a session id of \(length) bytes: 32 are allowed")
        if let broken = malformed {
            check.fail(.helloSyntax, "a malformed hello: its extension \(broken) cannot be read to its end")
        } else {
            check.expect(
                .helloSyntax, !fields.suites.isEmpty && !fields.compressions.isEmpty,
                "a malformed hello: it offers nothing")
        }
        let repeated = fields.repeated
        check.expect(
            .clientExtensionUnique, repeated == nil, "the extension \(repeated ?? 0) is twice in the ClientHello")
        check.expect(
            .clientCompression, offersTLS13 ? fields.compressions == [0] : fields.compressions.contains(0),
            offersTLS13
                ? "the client offers TLS 1.3 and compression" : "the client does not offer to do without compression")
        if fields.suites.contains(0x5600) {
            let best = fields.has(43) ? versions.contains(0x0304) : false
            check.expect(
                .fallbackSignal, !best, "TLS_FALLBACK_SCSV beside TLS 1.3: there is nothing to fall back from")
        }
    }

    /// The first extension that is not of its form.
    private var malformed: UInt16? {
        let forms: [(UInt16, Bool)] = [
            (0, fields.names != nil), (10, fields.numbers(10, lengthBytes: 2) != nil),
            (13, fields.numbers(13, lengthBytes: 2) != nil), (16, fields.protocolLengths != nil),
            (43, fields.numbers(43, lengthBytes: 1) != nil),
            (45, !offersTLS13 || Self.modes(fields) != nil), (41, !offersTLS13 || fields.preSharedKeys != nil),
            (51, !offersTLS13 || fields.clientShares != nil),
        ]
        return forms.first { fields.has($0.0) && !$0.1 }?.0
    }

    private func judgeExtensions(_ check: inout RuleCheck) {
        if let padding = fields.content(21) {
            check.expect(.paddingZero, padding.allSatisfy { $0 == 0 }, "the padding of the ClientHello is not zeros")
        }
        // Signed times (RFC 6962 §3.3.1), Encrypt-then-MAC, the extended master secret, early data, authentication afterwards.
        for type in [18, 22, 23, 42, 49] as [UInt16] {
            guard let content = fields.content(type) else { continue }
            check.expect(
                .flagEmpty, content.isEmpty, "the extension \(type) holds \(content.count) bytes, and has none")
        }
        if let info = fields.content(0xFF01) {
            check.expect(.renegotiationEmpty, info == [0], "the client's renegotiation_info is not empty")
        }
        if let formats = fields.content(11) {
            check.expect(
                .pointFormats, formats.first.map { Int($0) } == formats.count - 1 && formats.dropFirst().contains(0),
                "the client lists forms of points without the uncompressed one")
        }
    }

    private func judgeNames(_ check: inout RuleCheck) {
        if let names = fields.names {
            let words = Self.oddity(names)
            check.expect(.serverNameForm, words == nil, "the name that is asked for \(words ?? "")")
        }
        if fields.has(16), let lengths = fields.protocolLengths {
            check.expect(
                .protocolNames, !lengths.isEmpty && !lengths.contains(0), "a protocol on offer has no name")
        }
    }

    private static func oddity(_ names: [(type: UInt8, name: [UInt8])]) -> String? {
        guard names.count == 1, let first = names.first, first.type == 0 else { return "is not one host name" }
        let name = first.name
        if name.isEmpty { return "is empty" }
        if name.last == UInt8(ascii: ".") { return "ends with a dot" }
        if name.count > 255 { return "is too long" }
        guard name.allSatisfy({ isHostCharacter($0) }) else {
            return "is no host name: \(SafeBytes.line(name))"
        }
        let isAddress =
            name.contains(UInt8(ascii: ":"))
            || name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).count == 4
                && name.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
        return isAddress ? "is an address" : nil
    }

    /// Letters, digits, `-`, `.`, and what stands in names that are used all the same: `_`; `:` is left for addresses.
    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x3A: true
        default: false
        }
    }

    // MARK: TLS 1.3

    private func judgeTLS13(_ check: inout RuleCheck) {
        check.expect(
            .clientLegacyVersion, fields.legacyVersion == 0x0303,
            "the ClientHello says \(TLSVersion(rawValue: fields.legacyVersion)) where TLS 1.2 must stand")
        check.expect(
            .clientSuites, fields.suites.contains { $0 >> 8 == 0x13 || $0 == 0xC0B4 || $0 == 0xC0B5 },
            "the client offers TLS 1.3, and no cipher suite of it")
        check.expect(
            .groupsWithShares, fields.has(10) == fields.has(51),
            fields.has(10) ? "supported_groups without key_share" : "key_share without supported_groups")
        if !fields.has(41) {
            check.expect(
                .signaturesOffered, fields.has(13) && fields.has(10),
                "the client offers no pre-shared key, and no \(fields.has(13) ? "groups" : "signatures")")
        }
        if fields.has(42) {
            check.expect(.earlyDataKey, fields.has(41), "early data is announced without a pre-shared key for it")
        }
    }

    private func judgeShares(_ check: inout RuleCheck) {
        guard fields.clientShares != nil else { return }
        let sent = shares.map(\.group).filter { !GREASE.contains($0) }
        check.expect(
            .shareUnique, Set(sent).count == sent.count, "the client sends two keys for one group")
        if fields.has(10) {
            let order = Dictionary(zip(groups, groups.indices)) { first, _ in first }
            let places = sent.map { order[$0] ?? -1 }
            check.expect(
                .shareListed, !places.contains(-1) && places == places.sorted(),
                places.contains(-1)
                    ? "the client sends a key for a group that it does not list as supported"
                    : "the client's keys are not in the order of its groups")
        }
        for share in shares where !GREASE.contains(share.group) {
            check.expect(
                .clientShareForm, KeyShareForm.accepts(share, isClient: true),
                "the client's key for \(NamedGroup(rawValue: share.group)) has \(share.length) bytes, or is not of its form"
            )
        }
    }

    private func judgePreSharedKeys(_ check: inout RuleCheck) {
        guard fields.has(41) else { return }
        check.expect(.pskLast, fields.extensions.last?.type == 41, "pre_shared_key is not the last extension")
        check.expect(.pskModes, fields.has(45), "a pre-shared key is offered without a mode for it")
        if let (identities, binders) = fields.preSharedKeys {
            check.expect(
                .pskBinders, identities > 0 && binders.count == identities && binders.allSatisfy { $0 >= 32 },
                "there are \(identities) pre-shared keys and \(binders.count) binders, or one is shorter than 32 bytes")
        }
    }
}
