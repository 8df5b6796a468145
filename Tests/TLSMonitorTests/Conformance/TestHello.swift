@testable import TLSMonitor

/// A hello whose every field can be made right or wrong.
struct TestHello {
    var isClient: Bool
    var legacy: UInt16 = 0x0303
    var random: [UInt8]
    var session: [UInt8] = Wire.session
    var suites: [UInt16]
    var compressions: [UInt8] = [0]
    var extensions: [(type: UInt16, content: [UInt8])]

    static let clientRandom = [UInt8](repeating: 0xC1, count: 32)
    static let serverRandom = [UInt8](repeating: 0x5E, count: 32)
    static let key32 = (0..<32).map { UInt8($0 * 7 % 251) }
    static let point256: [UInt8] = [4] + (0..<64).map { UInt8($0 * 5 % 251) }
    static let point384: [UInt8] = [4] + (0..<96).map { UInt8($0 * 3 % 251) }

    /// The message, without its record.
    var message: [UInt8] {
        let list = extensions.flatMap { Wire.extension($0.type, $0.content) }
        var body = Wire.big(legacy) + random + [UInt8(session.count)] + session
        body +=
            isClient
            ? Wire.vector(suites.flatMap(Wire.big)) + [UInt8(compressions.count)] + compressions
            : suites.prefix(1).flatMap(Wire.big) + compressions.prefix(1)
        return Wire.message(isClient ? 1 : 2, body + Wire.vector(list))
    }

    func with(_ change: (inout TestHello) -> Void) -> TestHello {
        var hello = self
        change(&hello)
        return hello
    }

    /// The extension's content, where it stands, or at the end.
    func setting(_ type: UInt16, _ content: [UInt8]) -> TestHello {
        with { hello in
            if let place = hello.extensions.firstIndex(where: { $0.type == type }) {
                hello.extensions[place].content = content
            } else {
                hello.extensions.append((type, content))
            }
        }
    }

    func adding(_ type: UInt16, _ content: [UInt8]) -> TestHello {
        with { $0.extensions.append((type, content)) }
    }

    func without(_ types: UInt16...) -> TestHello {
        with { hello in hello.extensions.removeAll { types.contains($0.type) } }
    }

    // MARK: Contents

    static func name(_ text: String) -> [UInt8] { Wire.vector([0] + Wire.vector(Array(text.utf8))) }
    static func protocols(_ names: String...) -> [UInt8] {
        Wire.vector(names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) })
    }
    static func numbers(_ values: UInt16...) -> [UInt8] { Wire.vector(values.flatMap(Wire.big)) }
    static func versions(_ values: UInt16...) -> [UInt8] { [UInt8(values.count * 2)] + values.flatMap(Wire.big) }
    static func share(_ group: UInt16, _ key: [UInt8]) -> [UInt8] { Wire.big(group) + Wire.vector(key) }
    static func keys(identities: Int = 1, binders: [Int] = [32]) -> [UInt8] {
        let one = Wire.vector(key32) + [0, 0, 0, 9]
        return Wire.vector((0..<identities).flatMap { _ in one })
            + Wire.vector(binders.flatMap { [UInt8($0)] + [UInt8](repeating: 7, count: $0) })
    }

    // MARK: Hellos as they should be

    /// Offers TLS 1.3 and 1.2.
    static let client = TestHello(
        isClient: true, random: clientRandom, suites: [0x1301, 0x1302, 0xC02F, 0xC02B],
        extensions: [
            (0, name("chat.test")), (23, []), (0xFF01, [0]), (10, numbers(29, 23, 24)), (11, [1, 0]),
            (16, protocols("h2", "http/1.1")), (13, numbers(0x0403, 0x0804, 0x0401)), (43, versions(0x0304, 0x0303)),
            (51, Wire.vector(share(29, key32))), (45, [1, 1]), (21, [0, 0, 0]),
        ])

    /// Offers a pre-shared key, and announces early data.
    static let resuming = client.without(21).adding(42, []).adding(41, keys())

    static let server = TestHello(
        isClient: false, random: serverRandom, suites: [0x1301],
        extensions: [(43, Wire.big(0x0304)), (51, share(29, key32))])

    static let resumed = server.adding(41, Wire.big(0))

    static let retry = TestHello(
        isClient: false, random: retryRandom, suites: [0x1301],
        extensions: [(43, Wire.big(0x0304)), (51, Wire.big(24)), (44, Wire.vector([1, 2, 3, 4]))])

    /// What `client` answers to `retry`.
    static let again = client.setting(51, Wire.vector(share(24, point384))).adding(44, Wire.vector([1, 2, 3, 4]))
    static let server384 = server.setting(51, share(24, point384))

    /// TLS 1.2, from offer to answer.
    static let oldClient = client.without(43, 51, 45, 21).with { hello in
        hello.suites = [0xC02F, 0xC02B, 0x009E, 0x0067, 0xC013]
    }
    static let oldServer = TestHello(
        isClient: false, random: serverRandom, suites: [0xC02F],
        extensions: [(0, []), (23, []), (0xFF01, [0]), (11, [1, 0]), (16, protocols("h2"))])

    private static let retryRandom = Array(Wire.retryRequest()[6..<38])
}
