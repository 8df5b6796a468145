import TLSSyntax
import TLSWire

/// A ServerHello that chooses, held against what was offered (RFC 8446 §4.1.3, RFC 5246 §7.4.1.3).
struct ServerAnswer {
    let fields: HelloFields
    let version: UInt16
    /// TLS 1.3 as RFC 8446 has it, and no draft of it.
    let isTLS13: Bool
    var suite: UInt16 { fields.suites.first ?? 0 }

    init(_ fields: HelloFields) {
        self.fields = fields
        version = fields.chosenVersion
        isTLS13 = version == 0x0304 && fields.has(43)
    }

    /// Rules that need no offer, and those that do.
    func judge(_ offer: ClientOffer?, _ retry: RetryRequest?, _ check: inout RuleCheck) {
        judgeAlone(&check)
        if version <= 0x0303 { judgeOld(offer, &check) }
        if let offer {
            judgeChoice(offer, &check)
            judgeExtensions(offer, &check)
            if isTLS13 { judgeTLS13(offer, &check) }
        }
        if let retry { judge(after: retry, &check) }
    }

    private func judgeAlone(_ check: inout RuleCheck) {
        check.expect(
            .helloSyntax, fields.sessionID.count <= 32 && (!fields.has(43) || fields.content(43)?.count == 2),
            "a malformed hello: the server's choice cannot be read")
        let repeated = fields.repeated
        check.expect(
            .serverExtensionUnique, repeated == nil, "the extension \(repeated ?? 0) is twice in the ServerHello")
        if fields.has(43) {
            check.expect(
                .serverVersionExtension, version > 0x0303,
                "the server chooses \(TLSVersion(rawValue: version)) by supported_versions")
        }
        check.expect(
            .oldVersion, version >= 0x0303,
            "\(TLSVersion(rawValue: version)) is spoken, which must not be used any more")
        guard isTLS13 else { return }
        check.expect(
            .serverLegacyVersion, fields.legacyVersion == 0x0303,
            "the ServerHello says \(TLSVersion(rawValue: fields.legacyVersion)) where TLS 1.2 must stand")
        let strange = fields.extensions.first { !Self.allowed.contains($0.type) }?.type
        check.expect(
            .serverExtensionAllowed, strange == nil,
            "the extension \(strange ?? 0) stands in the ServerHello, in the clear")
        check.expect(
            .keyAgreement, fields.has(51) || fields.has(41), "the server sends no key and chooses no pre-shared one")
        if fields.has(51) {
            let share = fields.serverShare
            check.expect(
                .serverShareForm, share.map { KeyShareForm.accepts($0, isClient: false) } ?? false,
                "the server's key has \(share?.length ?? 0) bytes, or is not of its group's form")
        }
    }

    /// What the key schedule needs, and what was registered for a ServerHello since (RFC 8492, RFC 8773).
    private static let allowed: Set<UInt16> = [31, 33, 41, 43, 51]

    private func judgeChoice(_ offer: ClientOffer, _ check: inout RuleCheck) {
        let isDraft = version > 0x0303 && !isTLS13
        check.expect(
            .versionOffered, isDraft || offer.offers(version: version),
            "the server chose a version that was not offered: \(TLSVersion(rawValue: version))")
        check.expect(
            .suiteOffered, offer.fields.suites.contains(suite),
            "the server chose a cipher suite that was not offered: \(TLSCipherSuite(rawValue: suite))")
        check.expect(
            .suiteVersion, isSuiteOfVersion,
            "\(TLSCipherSuite(rawValue: suite)) is no cipher suite of \(TLSVersion(rawValue: version))")
        let isBare = version > 0x0303
        check.expect(
            .serverCompression,
            isBare ? fields.compressions == [0] : offer.fields.compressions.contains(fields.compressions.first ?? 0),
            "the server chose a compression that was not offered")
        let group = fields.serverShare?.group
        check.expect(
            .greaseSelected,
            !GREASE.contains(suite) && !GREASE.contains(version) && suite != 0x00FF && suite != 0x5600
                && !fields.extensions.contains { GREASE.contains($0.type) } && !(group.map(GREASE.contains) ?? false),
            "the server chose a value that means nothing")
        judgeDowngrade(offer, &check)
    }

    private var isSuiteOfVersion: Bool {
        let isNew = suite >> 8 == 0x13 || suite == 0xC0B4 || suite == 0xC0B5
        // Drafts before the 16th used the old numbers.
        return version > 0x0303 && !isTLS13 || isNew == isTLS13
    }

    private func judgeDowngrade(_ offer: ClientOffer, _ check: inout RuleCheck) {
        guard version <= 0x0303 else { return }
        let mark = Array(fields.random.suffix(8))
        let hasMark = mark.starts(with: Array("DOWNGRD".utf8))
        if offer.offersTLS13 {
            check.expect(
                .downgradeTLS13, !(hasMark && mark.last == 1),
                "the server says that it was talked down from TLS 1.3 (RFC 8446 §4.1.3)")
        }
        if version < 0x0303, offer.offers(version: 0x0303) {
            check.expect(
                .downgradeTLS12, !(hasMark && mark.last == 0),
                "the server says that it was talked down from TLS 1.2 (RFC 8446 §4.1.3)")
        }
    }

    private func judgeExtensions(_ offer: ClientOffer, _ check: inout RuleCheck) {
        // Drafts have other numbers for the same.
        guard version <= 0x0303 || isTLS13 else { return }
        let unasked = fields.extensions.first { answer in
            !offer.fields.has(answer.type) && !(answer.type == 0xFF01 && offer.fields.suites.contains(0x00FF))
        }
        check.expect(
            .serverExtensionOffered, unasked == nil,
            "the server answers the extension \(unasked?.type ?? 0), which the client did not send")
    }

    // MARK: TLS 1.3

    private func judgeTLS13(_ offer: ClientOffer, _ check: inout RuleCheck) {
        check.expect(
            .sessionEcho, fields.sessionID == offer.fields.sessionID, "the server did not return the session id")
        if let share = fields.serverShare {
            check.expect(
                .groupShared, offer.shares.contains { $0.group == share.group },
                "the server's key is for \(NamedGroup(rawValue: share.group)), for which the client sent none")
        }
        guard let identity = fields.read(41, { (reader) throws(SyntaxError) in try reader.uint16() }) else { return }
        check.expect(
            .pskOffered, Int(identity) < offer.pskCount,
            "the server chose pre-shared key \(identity) of \(offer.pskCount) that were offered")
        check.expect(
            .pskModeOffered, offer.pskModes.contains(fields.has(51) ? 1 : 0),
            "the server uses the pre-shared key in a mode that was not offered")
    }

    private func judge(after retry: RetryRequest, _ check: inout RuleCheck) {
        check.expect(
            .retrySuite, retry.suite == suite,
            "the ServerHello and the HelloRetryRequest choose different cipher suites")
        if let group = retry.group, let share = fields.serverShare {
            check.expect(
                .retryAnswer, share.group == group,
                "the server asked for \(NamedGroup(rawValue: group)) and chose \(NamedGroup(rawValue: share.group))")
        }
    }

    // MARK: TLS 1.2 and before

    private func judgeOld(_ offer: ClientOffer?, _ check: inout RuleCheck) {
        for type in [0, 22, 23, 35] as [UInt16] {
            guard let content = fields.content(type) else { continue }
            check.expect(
                .flagEmpty, content.isEmpty, "the server's extension \(type) holds \(content.count) bytes, and has none"
            )
        }
        if let info = fields.content(0xFF01) {
            check.expect(.renegotiationEmpty, info == [0], "the server's renegotiation_info is not empty")
        }
        if fields.has(16), let offer {
            let chosen = fields.protocols ?? []
            check.expect(
                .protocolSelected, chosen.count == 1 && offer.fields.offers(protocol: chosen.first ?? []),
                "the server chose \(chosen.count == 1 ? "a protocol that was not offered" : "not one protocol")")
        }
        check.expect(.compression, fields.compressions == [0], "what is sent is compressed before it is encrypted")
        if version >= 0x0301 {
            check.expect(
                .masterSecret, fields.has(23), "the master secret is not bound to the handshake: \(who(offer, 23))")
            check.expect(
                .secureRenegotiation, fields.has(0xFF01),
                "renegotiation_info is missing: \(offer?.fields.suites.contains(0x00FF) == true ? "the server did not answer it" : who(offer, 0xFF01))"
            )
        }
        judgeSuite(&check)
    }

    private func who(_ offer: ClientOffer?, _ type: UInt16) -> String {
        offer?.fields.has(type) ?? true ? "the server did not answer it" : "the client did not offer it"
    }

    private func judgeSuite(_ check: inout RuleCheck) {
        let name = TLSCipherSuite(rawValue: suite).description
        let traits = SuiteTraits(suite)
        check.expect(.exportSuite, !traits.isExport, "\(name) was made weak for export")
        check.expect(.rc4Suite, !traits.isRC4, "\(name) uses RC4")
        check.expect(.shortBlockSuite, !traits.isShortBlock, "\(name) uses a cipher with blocks of 64 bits")
        check.expect(.anonymousSuite, !traits.isAnonymous, "\(name): the server does not prove who it is")
        check.expect(
            .staticExchange, !traits.isStatic, "\(name): keys are not fresh, whoever gets the server's reads all")
        check.expect(
            .macFirst, !traits.isCBC || fields.has(22), "\(name): what is authenticated is not the ciphertext")
    }
}
