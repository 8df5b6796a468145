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
        + `extension`(0xFE0D, [1, 2]) + `extension`(41, [9]) + `extension`(42, [])

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
        #expect(hello.extensions.types == [0, 16, 43, 51, 0xFE0D, 41, 42])
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

    @Test("a hello that is cut off anywhere, or goes on, is refused") func cut() throws {
        let client = Bytes.client()
        // Where the compression methods end a hello without extensions does, too.
        let bare = Bytes.client(extensions: nil).count
        for count in 0..<client.count where count != bare {
            #expect(throws: TLSDecodeError.self) { try ClientHello(decoding: Array(client[..<count])) }
        }
        #expect(throws: TLSDecodeError.self) { try ClientHello(decoding: client + [0]) }
        let server = Bytes.server(extensions: Bytes.extension(43, [3, 4]))
        let bareServer = Bytes.server(extensions: nil).count
        for count in 0..<server.count where count != bareServer {
            #expect(throws: TLSDecodeError.self) { try ServerHello(decoding: Array(server[..<count])) }
        }
        #expect(throws: TLSDecodeError.self) { try ServerHello(decoding: server + [0]) }
    }

    static let wrong: [[UInt8]] = [
        HelloBytes.client(session: [UInt8](repeating: 1, count: 33)),
        HelloBytes.client(suites: []),
        HelloBytes.client(suites: [0x13, 1, 0x13]),
        HelloBytes.client(compression: [0]),
        HelloBytes.client(extensions: HelloBytes.big(0) + HelloBytes.big(9)),
        HelloBytes.client(extensions: HelloBytes.extension(0, HelloBytes.vector([]))),
        HelloBytes.client(extensions: HelloBytes.extension(0, HelloBytes.vector([0, 0, 9, 65]))),
        HelloBytes.client(extensions: HelloBytes.extension(16, HelloBytes.vector([0]))),
        HelloBytes.client(extensions: HelloBytes.extension(16, HelloBytes.vector([9, 65]))),
        HelloBytes.client(extensions: HelloBytes.extension(43, [])),
        HelloBytes.client(extensions: HelloBytes.extension(43, [1, 3])),
        HelloBytes.client(extensions: HelloBytes.extension(43, [3, 3, 4, 3])),
        HelloBytes.client(extensions: HelloBytes.extension(43, [2, 3, 4, 0])),
        HelloBytes.client(extensions: HelloBytes.extension(51, HelloBytes.vector([0, 29, 0, 0]))),
        HelloBytes.client(extensions: HelloBytes.extension(51, HelloBytes.vector([0, 29, 0, 9, 1]))),
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
        #expect(throws: TLSDecodeError.self) {
            try ServerHello(decoding: Bytes.server(extensions: Bytes.extension(43, [2, 3, 4])))
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
