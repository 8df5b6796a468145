@testable import TLSMonitor

/// A certificate as it would be on the wire (RFC 5280 §4.1). Nobody signed it.
struct TestCertificate {
    var subject = "chat.test"
    var issuer = "Test Authority"
    var notBefore = "230101000000Z"
    var notAfter = "240601000000Z"
    var serial: UInt8 = 1

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length: [UInt8] =
            content.count < 128
            ? [UInt8(content.count)] : [0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)]
        return [tag] + length + content
    }

    private static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, parts.flatMap { $0 }) }

    /// With the common name alone.
    private static func name(_ text: String) -> [UInt8] {
        sequence(element(0x31, sequence(element(6, [0x55, 4, 3]), element(0x0C, Array(text.utf8)))))
    }

    var bytes: [UInt8] {
        let signature = Self.sequence(Self.element(6, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]))
        let curve = Self.sequence(
            Self.element(6, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]),
            Self.element(6, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]))
        let key = Self.sequence(curve, Self.element(3, [0, 4] + [UInt8](repeating: 7, count: 64)))
        let times = Self.sequence(
            Self.element(0x17, Array(notBefore.utf8)), Self.element(0x17, Array(notAfter.utf8)))
        let content = Self.sequence(
            Self.element(0xA0, Self.element(2, [2])), Self.element(2, [serial]), signature, Self.name(issuer), times,
            Self.name(subject), key)
        return Self.sequence(content, signature, Self.element(3, [0, 1, 2, 3]))
    }

    /// A handshake of TLS 1.2 in which a server shows it.
    var handshake: [Talk.Turn] {
        func long(_ bytes: [UInt8]) -> [UInt8] { [0] + Wire.vector(bytes) }
        return Speech.old(0x0303, suite: 0xC02B) + [
            .server(Wire.record(22, Wire.message(11, long(long(bytes)))))
        ]
    }
}
