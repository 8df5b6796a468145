import TLSMonitor
import TLSWire
import Testing

@Suite("Fingerprints of hellos")
struct FingerprintTests {
    private static func vector(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
    }
    private static func words(_ values: [UInt16]) -> [UInt8] { values.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }

    private static func client(
        suites: [UInt16], extensions: [(UInt16, [UInt8])], version: UInt16 = 0x0303
    ) throws -> ClientHello {
        let list = extensions.flatMap { words([$0.0]) + vector($0.1) }
        return try ClientHello(
            decoding: words([version]) + [UInt8](repeating: 1, count: 32) + [0] + vector(words(suites)) + [1, 0]
                + vector(list))
    }

    private static func protocols(_ names: [UInt8]...) -> (UInt16, [UInt8]) {
        (16, vector(names.flatMap { [UInt8($0.count)] + $0 }))
    }

    @Test("leave out what only tests tolerance")
    func grease() throws {
        let plain = try Self.client(
            suites: [0x1301, 0xC02B], extensions: [(10, Self.vector(Self.words([29, 23]))), (11, [1, 0])])
        let greased = try Self.client(
            suites: [0x0A0A, 0x1301, 0xC02B],
            extensions: [
                (0xFAFA, []), (10, Self.vector(Self.words([0x3A3A, 29, 23]))), (11, [1, 0]),
            ])
        #expect(plain.ja3Text == "771,4865-49195,10-11,29-23,0")
        #expect(greased.ja3Text == plain.ja3Text)
        #expect(greased.ja3 == plain.ja3)
        #expect(greased.ja4 == plain.ja4)
        // A value of that kind has equal halves.
        #expect(!GREASE.contains(0x0A1A) && GREASE.contains(0x5A5A))
    }

    @Test("JA4 does not mind the order of suites and extensions, but that of signature algorithms")
    func order() throws {
        let algorithms = (13 as UInt16, Self.vector(Self.words([0x0403, 0x0804])))
        let swapped = (13 as UInt16, Self.vector(Self.words([0x0804, 0x0403])))
        let one = try Self.client(suites: [0x1301, 0x1302], extensions: [(23, []), algorithms])
        let two = try Self.client(suites: [0x1302, 0x1301], extensions: [algorithms, (23, [])])
        let three = try Self.client(suites: [0x1301, 0x1302], extensions: [(23, []), swapped])
        #expect(one.ja4 == two.ja4 && one.ja3 != two.ja3)
        #expect(one.ja4 != three.ja4)
        #expect(one.ja4Text == "t12i020200_1301,1302_000d,0017_0403,0804")
    }

    @Test(
        "JA4 shows the first protocol by its first and last character",
        arguments: [
            ([UInt8]("h2".utf8), "h2"), ([UInt8]("http/1.1".utf8), "h1"), ([0x68], "hh"), ([0xAB], "ab"),
            ([0xAB, 0xCD], "ad"), ([0x30, 0xAB], "3b"), ([0x30, 0x31, 0xAB, 0xCD], "3d"), ([0xAB, 0x30], "a0"),
        ])
    func firstProtocol(name: [UInt8], shown: String) throws {
        let hello = try Self.client(suites: [0x1301], extensions: [Self.protocols(name, Array("zz".utf8))])
        #expect(hello.ja4.hasPrefix("t12i0101\(shown)_"))
    }

    @Test(
        "JA4 shows the best version that is offered",
        arguments: [
            (0x0304 as UInt16, "13"), (0x0303, "12"), (0x0302, "11"), (0x0301, "10"), (0x0300, "s3"), (0x7F1C, "00"),
        ])
    func version(number: UInt16, shown: String) throws {
        let listed = try Self.client(
            suites: [0x1301], extensions: [(43, [4] + Self.words([0x2A2A, number]))], version: 0x0303)
        #expect(listed.ja4.hasPrefix("t\(shown)i"))
        let alone = try Self.client(suites: [0x1301], extensions: [(23, [])], version: number)
        #expect(alone.ja4.hasPrefix("t\(shown)i"))
    }

    @Test("a hello with next to nothing has fingerprints as well")
    func bare() throws {
        let hello = try ClientHello(
            decoding: [3, 1] + [UInt8](repeating: 1, count: 32) + [0, 0, 2, 0x0A, 0x0A, 1, 0])
        #expect(hello.ja3Text == "769,,,,")
        #expect(hello.ja4 == "t10i000000_000000000000_000000000000")
    }

    @Test("the original order keeps server name and protocols, and leaves GREASE out")
    func original() throws {
        let hello = try Self.client(
            suites: [0x2A2A, 0x1302, 0x1301],
            extensions: [
                (0x1A1A, []), (43, [2, 3, 4]), (0, Self.vector([0] + Self.vector(Array("a.test".utf8)))),
                (13, Self.vector(Self.words([0x0804, 0xBABA, 0x0403]))), Self.protocols(Array("h2".utf8)),
            ])
        #expect(hello.ja4Text == "t13d0204h2_1301,1302_000d,002b_0804,0403")
        #expect(hello.ja4OriginalText == "t13d0204h2_1302,1301_002b,0000,000d,0010_0804,0403")
        #expect(hello.ja4Original != hello.ja4)
        // Of nothing but a server name the last part is zeros in both orders; the list is shown.
        let bare = try Self.client(
            suites: [0x1301], extensions: [(0, Self.vector([0] + Self.vector(Array("a.test".utf8))))])
        #expect(bare.ja4Original.hasSuffix("_000000000000") && bare.ja4.hasSuffix("_000000000000"))
        #expect(bare.ja4OriginalText == "t12d010100_1301_0000")
    }

    @Test("the example of the description of JA4")
    func example() throws {
        let suites: [UInt16] = [
            0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D,
            0x002F, 0x0035,
        ]
        let types: [UInt16] = [
            0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005, 0x0023, 0x0012, 0x002B, 0xFF01,
            0x000B, 0x000A, 0x0015,
        ]
        let algorithms: [UInt16] = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]
        let hello = try Self.client(
            suites: suites,
            extensions: types.map { type in
                switch type {
                case 16: Self.protocols(Array("h2".utf8))
                case 13: (13, Self.vector(Self.words(algorithms)))
                case 43: (43, [2, 3, 4])
                default: (type, [])
                }
            })
        #expect(hello.ja4 == "t13d1516h2_8daaf6152771_e5627efa2ab1")
        #expect(hello.ja4Original == "t13d1516h2_acb858a92679_18f69afefd3d")
    }

    @Test("a malformed extension takes nothing else away")
    func malformed() throws {
        let good = try Self.client(suites: [0x1301], extensions: [(10, Self.vector(Self.words([29]))), (23, [])])
        let bad = try Self.client(suites: [0x1301], extensions: [(10, [0, 3, 0, 29, 9]), (23, [])])
        #expect(bad.extensions.fault != nil && good.extensions.fault == nil)
        #expect(bad.ja3 == good.ja3 && bad.ja4 == good.ja4)
    }

    @Test("an empty first protocol is none")
    func emptyProtocol() throws {
        let hello = try Self.client(suites: [0x1301], extensions: [Self.protocols([], Array("h2".utf8))])
        #expect(hello.ja4.hasPrefix("t12i010100_"))
    }

    @Test("JA4 counts to 99, and a server name makes it a d")
    func counts() throws {
        let hello = try Self.client(
            suites: (0..<120).map { 0x4000 + $0 },
            extensions: [(0, Self.vector([0] + Self.vector(Array("a.test".utf8))))])
        #expect(hello.ja4.hasPrefix("t12d990100_"))
    }

    @Test("JA3S is of what the server chose")
    func server() throws {
        let list = Self.words([43, 2, 0x0304]) + Self.words([51]) + Self.vector(Self.words([29]) + Self.vector([1]))
        let hello = try ServerHello(
            decoding: [3, 3] + [UInt8](repeating: 1, count: 32) + [0, 0x13, 0x01, 0] + Self.vector(list))
        #expect(hello.ja3sText == "771,4865,43-51")
        #expect(hello.ja3s == "f4febc55ea12b31ae17cfb7e614afda8")
    }
}
