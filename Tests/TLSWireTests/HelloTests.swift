import TLSWire
import Testing

/// Bytes of hellos.
enum HelloBytes {
    static func big(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
    static func vector(_ bytes: [UInt8]) -> [UInt8] { big(bytes.count) + bytes }
    static func `extension`(_ type: Int, _ content: [UInt8]) -> [UInt8] { big(type) + vector(content) }
    static let random = [UInt8](repeating: 7, count: 32)

    static let extensions: [UInt8] =
        `extension`(0, vector([0] + vector(Array("chat.test".utf8)))) + `extension`(16, vector([2, 104, 50]))
        + `extension`(43, [6, 0x7A, 0x7A, 3, 4, 3, 3]) + `extension`(51, vector([0x11, 0xEC] + vector([1, 2, 3])))
        + `extension`(0xFE0D, [1]) + `extension`(42, [])
        + `extension`(41, vector(vector([9, 9]) + [0, 0, 1, 0]) + vector([32] + random))

    static func client(
        session: [UInt8] = [1, 2], suites: [UInt8] = [0x13, 1, 0x13, 2], compression: [UInt8] = [1, 0],
        extensions: [UInt8]? = extensions
    ) -> [UInt8] {
        [3, 3] + random + [UInt8(session.count)] + session + vector(suites) + compression
            + (extensions.map(vector) ?? [])
    }

    static func server(random: [UInt8] = random, extensions: [UInt8]?) -> [UInt8] {
        [3, 3] + random + [0] + [0x13, 2] + [0] + (extensions.map(vector) ?? [])
    }
}

@Suite("Hellos, RFC 8446 §4.1") struct HelloTests {
    private typealias Bytes = HelloBytes

    @Test("a ClientHello is read") func client() throws {
        let hello = try ClientHello(decoding: Bytes.client())
        #expect(hello.legacyVersion == .tls12)
        #expect(hello.random == Bytes.random)
        #expect(hello.sessionID == [1, 2])
        #expect(hello.cipherSuites.map(\.rawValue) == [0x1301, 0x1302])
        #expect(hello.extensions.types == [0, 16, 43, 51, 0xFE0D, 42, 41])
        #expect(hello.extensions.serverName == Array("chat.test".utf8))
        #expect(hello.extensions.applicationProtocols == [[104, 50]])
        #expect(hello.extensions.versions.map(\.rawValue) == [0x7A7A, 0x0304, 0x0303])
        #expect(hello.extensions.keyShareGroups.map(\.isPostQuantum) == [true])
        #expect(hello.extensions.hasPreSharedKey && hello.extensions.hasEarlyData)
        #expect(hello.bestVersion == .tls13)
    }

    @Test("a hello may have no extensions") func bare() throws {
        let client = try ClientHello(decoding: Bytes.client(extensions: nil))
        #expect(client.extensions.types.isEmpty)
        #expect(client.bestVersion == .tls12)
        #expect(try ServerHello(decoding: Bytes.server(extensions: nil)).version == .tls12)
        #expect(try ClientHello(decoding: Bytes.client(extensions: [])).extensions.types.isEmpty)
    }

    @Test("a hello that is cut off before its extensions is refused, and one cut off in them or that goes on says so")
    func cut() throws {
        let client = Bytes.client()
        // Where the compression methods end a hello without extensions does, too.
        let bare = Bytes.client(extensions: nil).count
        for count in 0..<bare {
            #expect(throws: TLSDecodeError.self) { try ClientHello(decoding: Array(client[..<count])) }
        }
        #expect(try ClientHello(decoding: Array(client[..<bare])).extensions.fault == nil)
        for count in bare + 1..<client.count {
            #expect(try ClientHello(decoding: Array(client[..<count])).extensions.problem != nil)
        }
        #expect(try ClientHello(decoding: client).extensions.problem == nil)
        #expect(try ClientHello(decoding: client + [0]).extensions.problem == "1 bytes after the extensions")

        let server = Bytes.server(extensions: Bytes.extension(43, [3, 4]))
        let bareServer = Bytes.server(extensions: nil).count
        for count in 0..<bareServer {
            #expect(throws: TLSDecodeError.self) { try ServerHello(decoding: Array(server[..<count])) }
        }
        for count in bareServer + 1..<server.count {
            #expect(try ServerHello(decoding: Array(server[..<count])).extensions.problem != nil)
        }
        #expect(try ServerHello(decoding: server).extensions.fault == nil)
        #expect(try ServerHello(decoding: server + [0]).extensions.problem != nil)
    }

    static let wrong: [[UInt8]] = [
        HelloBytes.client(session: [UInt8](repeating: 1, count: 33)),
        HelloBytes.client(suites: []),
        HelloBytes.client(suites: [0x13, 1, 0x13]),
        HelloBytes.client(compression: [0]),
    ]

    @Test("a ClientHello that contradicts itself is refused", arguments: wrong.indices)
    func contradiction(index: Int) {
        #expect(throws: TLSDecodeError.self) { try ClientHello(decoding: Self.wrong[index]) }
    }

    @Test("a ServerHello is read") func server() throws {
        let share = Bytes.extension(51, [0, 29] + Bytes.vector([5, 5]))
        let hello = try ServerHello(decoding: Bytes.server(extensions: Bytes.extension(43, [3, 4]) + share))
        #expect(hello.version == .tls13)
        #expect(hello.cipherSuite.isTLS13)
        #expect(hello.extensions.keyShareGroups.map(\.description) == ["X25519"])
        #expect(!hello.isRetryRequest && !hello.admitsDowngrade)
        // A list of versions is what a client sends.
        #expect(
            try ServerHello(decoding: Bytes.server(extensions: Bytes.extension(43, [2, 3, 4]))).extensions.fault != nil)
    }

    @Test("a server of an early draft of TLS 1.3 has neither session nor compression", arguments: [0x7F12, 0x0304])
    func draft(version: Int) throws {
        let bytes =
            Bytes.big(version) + Bytes.random + [0x13, 1] + Bytes.vector(Bytes.extension(51, [0, 29, 0, 1, 5]))
        let hello = try ServerHello(decoding: bytes)
        #expect(hello.version.isTLS13Family && hello.cipherSuite.rawValue == 0x1301 && hello.extensions.fault == nil)
        #expect(hello.extensions.keyShareGroups.map(\.rawValue) == [29])
        // The 22nd has both again.
        #expect(throws: TLSDecodeError.self) {
            try ServerHello(decoding: Bytes.big(0x7F16) + Bytes.random + [0xC0, 1])
        }
    }

    @Test("the best version is TLS 1.3, or a draft, or an older one, and never one that tests tolerance")
    func best() throws {
        let cases: [([UInt8], TLSVersion)] = [
            ([6, 0x7F, 0x1C, 3, 4, 3, 3], .tls13), ([4, 0x7F, 0x1C, 3, 3], TLSVersion(rawValue: 0x7F1C)),
            ([4, 0x7A, 0x7A, 3, 3], .tls12), ([2, 3, 1], .tls10), ([2, 0x7A, 0x7A], .tls12),
        ]
        for (bytes, version) in cases {
            let hello = try ClientHello(decoding: Bytes.client(extensions: Bytes.extension(43, bytes)))
            #expect(hello.bestVersion == version)
        }
    }

    @Test("a server that was talked down says so, RFC 8446 §4.1.3", arguments: [0, 1] as [UInt8])
    func downgrade(last: UInt8) throws {
        let random = [UInt8](repeating: 1, count: 24) + Array("DOWNGRD".utf8) + [last]
        #expect(try ServerHello(decoding: Bytes.server(random: random, extensions: nil)).admitsDowngrade)
        let modern = Bytes.server(random: random, extensions: Bytes.extension(43, [3, 4]))
        #expect(try !ServerHello(decoding: modern).admitsDowngrade)
        #expect(try !ServerHello(decoding: Bytes.server(extensions: nil)).admitsDowngrade)
    }

    @Test("hellos changed anywhere never trap") func mutations() {
        let whole = Bytes.client()
        var read = 0
        for place in whole.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFE, 0xFF, whole[place] &+ 1] {
                var bytes = whole
                bytes[place] = value
                if (try? ClientHello(decoding: bytes)) != nil { read += 1 }
                _ = try? ServerHello(decoding: bytes)
            }
        }
        #expect(read > whole.count)
    }
}
