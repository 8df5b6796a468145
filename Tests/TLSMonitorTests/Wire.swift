/// TLS bytes as they are on the wire, right or wrong.
enum Wire {
    static let session: [UInt8] = (0..<32).map { UInt8(200 - $0) }

    static func record(_ type: UInt8, _ payload: [UInt8], version: UInt16 = 0x0303) -> [UInt8] {
        [type] + big(version) + big(UInt16(payload.count)) + payload
    }

    static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [type, UInt8(body.count >> 16), UInt8(body.count >> 8 & 0xFF), UInt8(body.count & 0xFF)] + body
    }

    static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }

    static func vector(_ bytes: [UInt8]) -> [UInt8] { big(UInt16(bytes.count)) + bytes }

    static func `extension`(_ type: UInt16, _ content: [UInt8]) -> [UInt8] { big(type) + vector(content) }

    /// The message, without its record.
    static func clientHello(
        suites: [UInt16] = [0x1302, 0x1301], versions: [UInt16] = [0x0304], padding: Int = 0,
        name: String = "chat.test",
        isEarly: Bool = false, protocols: [UInt8] = [10] + Array("conclave/1".utf8)
    ) -> [UInt8] {
        let host = Array(name.utf8)
        var extensions = self.extension(0, vector([0] + vector(host)))
        extensions += self.extension(16, vector(protocols))
        extensions += self.extension(10, vector(big(29))) + self.extension(13, vector(big(0x0403) + big(0x0804)))
        if !versions.isEmpty {
            extensions += self.extension(43, [UInt8(versions.count * 2)] + versions.flatMap(big))
        }
        extensions += self.extension(51, vector(big(29) + vector(session)))
        if isEarly { extensions += self.extension(42, []) }
        if padding > 0 { extensions += self.extension(21, [UInt8](repeating: 0, count: padding)) }
        let suites = vector(suites.flatMap(big))
        return message(1, big(0x0303) + session + [32] + session + suites + [1, 0] + vector(extensions))
    }

    /// The message, without its record. Before TLS 1.3 there is no extension that says the version.
    static func serverHello(
        suite: UInt16 = 0x1302, version: UInt16 = 0x0304, session: [UInt8] = session, random: [UInt8] = session
    ) -> [UInt8] {
        var extensions: [UInt8] = []
        if version == 0x0304 {
            extensions = self.extension(43, big(version)) + self.extension(51, big(29) + vector(Self.session))
        }
        let legacy = min(version, 0x0303)
        return message(
            2, big(legacy) + random + [UInt8(session.count)] + session + big(suite) + [0] + vector(extensions))
    }

    /// RFC 8446 §4.1.4: the group alone, and the random that marks it.
    static func retryRequest() -> [UInt8] {
        let random: [UInt8] = [
            0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
            0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
        ]
        let extensions = self.extension(43, big(0x0304)) + self.extension(51, big(29))
        return message(2, big(0x0303) + random + [32] + session + big(0x1302) + [0] + vector(extensions))
    }

    static let changeCipherSpec = record(20, [1])
}
