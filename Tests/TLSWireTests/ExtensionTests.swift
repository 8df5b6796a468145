import TLSWire
import Testing

private typealias Bytes = HelloBytes

@Suite("Extensions, RFC 8446 §4.2") struct ExtensionTests {
    private static func client(_ extensions: [(Int, [UInt8])]) throws -> TLSExtensions {
        try ClientHello(
            decoding: Bytes.client(extensions: extensions.flatMap { Bytes.extension($0.0, $0.1) })
        ).extensions
    }

    private static func server(_ extensions: [(Int, [UInt8])]) throws -> TLSExtensions {
        try ServerHello(
            decoding: Bytes.server(extensions: extensions.flatMap { Bytes.extension($0.0, $0.1) })
        ).extensions
    }

    struct Case: Sendable {
        var type: Int
        var bytes: [UInt8]
        var content: TLSExtension.Content
        /// With one byte less it must be malformed.
        var isExact = true
    }

    private static let outer: TLSExtension.Content = {
        var hello = EncryptedClientHello(form: .outer)
        hello.keyDerivation = 1
        hello.cipher = 3
        hello.configuration = 7
        hello.encapsulatedKeyLength = 2
        hello.payloadLength = 3
        return .encryptedClientHello(hello)
    }()

    private static let offer: TLSExtension.Content = {
        var offer = PreSharedKeyOffer()
        offer.identityLengths = [2]
        offer.obfuscatedAges = [256]
        offer.binderLengths = [32]
        return .preSharedKeys(offer)
    }()

    static let cases: [Case] = [
        Case(type: 0, bytes: Bytes.vector([0] + Bytes.vector(Array("a".utf8))), content: .serverName([0x61])),
        Case(type: 1, bytes: [4], content: .maximumFragmentLength(4)),
        Case(type: 5, bytes: [1, 0, 0, 0, 0], content: .statusRequest(1)),
        Case(
            type: 10, bytes: Bytes.vector([0x11, 0xEC, 0, 29]),
            content: .groups([NamedGroup(rawValue: 0x11EC), NamedGroup(rawValue: 29)])),
        Case(type: 11, bytes: [2, 0, 1], content: .pointFormats([0, 1])),
        Case(
            type: 13, bytes: Bytes.vector([4, 3, 8, 4]),
            content: .signatureSchemes([SignatureScheme(rawValue: 0x0403), SignatureScheme(rawValue: 0x0804)])),
        Case(type: 34, bytes: Bytes.vector([4, 3]), content: .signatureSchemes([SignatureScheme(rawValue: 0x0403)])),
        Case(type: 50, bytes: Bytes.vector([4, 3]), content: .signatureSchemes([SignatureScheme(rawValue: 0x0403)])),
        Case(type: 15, bytes: [1], content: .heartbeat(1)),
        Case(type: 16, bytes: Bytes.vector([2, 104, 50, 1, 65]), content: .protocols([[104, 50], [65]])),
        Case(type: 17513, bytes: Bytes.vector([2, 104, 50]), content: .protocols([[104, 50]])),
        Case(type: 17613, bytes: Bytes.vector([2, 104, 50]), content: .protocols([[104, 50]])),
        Case(type: 20, bytes: [2, 0, 2], content: .certificateTypes([0, 2])),
        Case(type: 27, bytes: [4, 0, 2, 0, 1], content: .compressions([2, 1])),
        Case(type: 28, bytes: [0x40, 1], content: .recordSizeLimit(0x4001)),
        Case(
            type: 41, bytes: Bytes.vector(Bytes.vector([9, 9]) + [0, 0, 1, 0]) + Bytes.vector([32] + Bytes.random),
            content: offer),
        Case(type: 43, bytes: [4, 3, 4, 0x7F, 0x1C], content: .versions([.tls13, TLSVersion(rawValue: 0x7F1C)])),
        Case(type: 45, bytes: [2, 1, 0], content: .pskModes([1, 0])),
        Case(
            type: 51, bytes: Bytes.vector([0, 29] + Bytes.vector([1, 2, 3])),
            content: .keyShares([KeyShare(group: NamedGroup(rawValue: 29), length: 3)])),
        Case(type: 57, bytes: [1, 2, 9, 9, 0x40, 0x20, 0], content: .transportParameters([1, 0x20])),
        Case(type: 0xFE0D, bytes: [0, 0, 1, 0, 3, 7, 0, 2, 8, 8, 0, 3, 9, 9, 9], content: outer),
        Case(type: 44, bytes: Bytes.vector([1]), content: .unread),
        Case(type: 65281, bytes: [0], content: .unread),
    ]

    @Test("what stands in them is read", arguments: cases.indices)
    func sound(index: Int) throws {
        let one = Self.cases[index]
        let extensions = try Self.client([(one.type, one.bytes), (23, [])])
        #expect(extensions.fault == nil)
        #expect(extensions.content(of: UInt16(one.type)) == one.content)
        #expect(extensions[UInt16(one.type)]?.length == one.bytes.count)
        #expect(extensions.hasExtendedMasterSecret)
    }

    @Test(
        "one that is a byte short, or a byte long, says so, and the next is read all the same", arguments: cases.indices
    )
    func unsound(index: Int) throws {
        let one = Self.cases[index]
        for bytes in [Array(one.bytes.dropLast()), one.bytes + [0]] {
            let extensions = try Self.client([(one.type, bytes), (10, Bytes.vector([0, 29]))])
            #expect(extensions.types == [UInt16(one.type), 10])
            #expect(extensions.malformed.first?.type.rawValue == UInt16(one.type))
            #expect(extensions.problem == nil)
            if one.type != 10 { #expect(extensions.supportedGroups.map(\.rawValue) == [29]) }
        }
    }

    static let wrong: [(Int, [UInt8])] = [
        (0, []), (0, Bytes.vector([])), (0, Bytes.vector([0, 0, 9, 65])), (0, Bytes.vector([0, 0, 0])),
        (16, Bytes.vector([])), (16, Bytes.vector([0])), (16, Bytes.vector([9, 65])), (43, []), (43, [1, 3]),
        (43, [3, 3, 4, 3]), (43, [2, 3, 4, 0]), (43, [0]), (51, Bytes.vector([0, 29, 0, 0])),
        (51, Bytes.vector([0, 29, 0, 9, 1])), (21, [0, 0, 1]), (23, [0]), (22, [0]), (49, [1]), (42, [0]),
        (44, [0, 0]),
        (45, [0]), (41, Bytes.vector(Bytes.vector([9, 9]) + [0, 0, 1, 0]) + Bytes.vector([])), (0xFE0D, [2]),
        (0xFE0D, [1, 0]), (0xFE0D, [0, 0, 1, 0, 3, 7, 0, 0, 0, 0]), (57, [1, 0xFF, 1, 1, 1, 1, 1, 1, 1]),
    ]

    @Test("one that contradicts itself says so", arguments: wrong.indices)
    func contradiction(index: Int) throws {
        let (type, bytes) = Self.wrong[index]
        let extensions = try Self.client([(type, bytes)])
        #expect(extensions.malformed.map(\.type.rawValue) == [UInt16(type)])
        #expect(extensions.fault?.hasPrefix(extensions.list[0].type.description) == true)
    }

    @Test("what was read before the fault is kept")
    func partial() throws {
        let extensions = try Self.client([
            (10, [0, 9, 0, 29, 0, 23]), (16, Bytes.vector([2, 104, 50, 9])), (43, [5, 3, 4, 3, 3, 3]),
        ])
        #expect(extensions.malformed.count == 3)
        #expect(extensions.supportedGroups.map(\.rawValue) == [29, 23])
        #expect(extensions.applicationProtocols == [[104, 50]])
        #expect(extensions.versions == [.tls13, .tls12])
    }

    @Test("a second one of a type says so, and the first counts, RFC 8446 §4.2")
    func twice() throws {
        let extensions = try Self.client([
            (0, Bytes.vector([0] + Bytes.vector([65]))), (0, Bytes.vector([0] + Bytes.vector([66]))),
        ])
        #expect(extensions.serverName == [65])
        #expect(extensions.list.map { $0.problem == nil } == [true, false])
    }

    @Test("one that announces more than there is ends the list, which says so")
    func cut() throws {
        let bytes = Bytes.extension(23, []) + Bytes.big(10) + Bytes.big(99) + Bytes.vector([0, 29])
        let hello = try ClientHello(decoding: Bytes.client(extensions: bytes))
        #expect(hello.extensions.types == [23, 10])
        #expect(hello.extensions.problem == "supported_groups is cut off")
        #expect(hello.extensions.supportedGroups.map(\.rawValue) == [29])
    }

    @Test("a server's mean something else")
    func server() throws {
        let share = try Self.server([(51, [0x11, 0xEC] + Bytes.vector([1, 2])), (43, [3, 4]), (41, [0, 1])])
        #expect(share.fault == nil)
        #expect(share.keyShares == [KeyShare(group: NamedGroup(rawValue: 0x11EC), length: 2)])
        #expect(share.versions == [.tls13] && share.selectedIdentity == 1)
        let retry = try Self.server([
            (51, [0, 29]), (0xFE0D, [1, 2, 3, 4, 5, 6, 7, 8]), (0, []), (18, Bytes.vector([])),
        ])
        #expect(retry.fault == nil)
        #expect(retry.keyShares == [KeyShare(group: NamedGroup(rawValue: 29), length: 0)])
        #expect(retry.encryptedClientHello?.form == .answer && retry.encryptedClientHello?.payloadLength == 8)
        #expect(try Self.server([(51, [0, 29, 0, 0])]).fault != nil)
        #expect(try Self.server([(43, [2, 3, 4])]).fault != nil)
        #expect(try Self.server([(13172, [2, 104, 50])]).content(of: 13172) == .protocols([[104, 50]]))
    }

    @Test("what is offered against quantum computers is told: offered, sent, chosen")
    func postQuantum() throws {
        let both = Bytes.extension(10, Bytes.vector([0x11, 0xEC, 0, 29]))
        let classical = Bytes.extension(51, Bytes.vector([0, 29] + Bytes.vector([1])))
        let hybrid = Bytes.extension(51, Bytes.vector([0x11, 0xEC] + Bytes.vector([1])))
        let shy = try ClientHello(decoding: Bytes.client(extensions: both + classical))
        #expect(shy.offersPostQuantum && !shy.sharesPostQuantumKey)
        let ready = try ClientHello(decoding: Bytes.client(extensions: both + hybrid))
        #expect(ready.offersPostQuantum && ready.sharesPostQuantumKey)
        let chosen = Bytes.extension(51, [0x11, 0xEC] + Bytes.vector([1]))
        #expect(try ServerHello(decoding: Bytes.server(extensions: chosen)).choosesPostQuantum)
        let refused = Bytes.extension(51, [0, 29] + Bytes.vector([1]))
        #expect(try !ServerHello(decoding: Bytes.server(extensions: refused)).choosesPostQuantum)
    }

    @Test("words are harmless, whatever stands there")
    func words() {
        #expect(TLSExtension.Content.serverName([0x61, 0x1B, 0x5C, 0xFF]).words == ["a\\x1B\\\\\\xFF"])
        #expect(TLSExtension.Content.maximumFragmentLength(1).words == ["512 bytes"])
        #expect(TLSExtension.Content.pskModes([0, 1, 0x0B]).words == ["psk_ke", "psk_dhe_ke", "GREASE"])
        #expect(TLSExtension.Content.compressions([2, 0x0A0A]).words == ["brotli", "GREASE"])
        #expect(Self.outer.words.contains("ChaCha20Poly1305"))
    }

    @Test("GREASE is found where it stands, and lengths are told")
    func places() throws {
        let extensions = try Self.client([
            (0x0A0A, []), (21, [0, 0, 0]), (35, [1, 2]), (44, [0, 1, 9]), (0xDADA, [0]),
        ])
        #expect(extensions.greasePositions == [0, 4])
        #expect(extensions.paddingLength == 3 && extensions.sessionTicketLength == 2 && extensions.cookieLength == 1)
        #expect(extensions.fault == nil)
    }
}
