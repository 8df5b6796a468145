import Crypto
import Foundation
package import MLS
package import MLSWire

/// The private key of a device's certificate, from its PEM file, and the cipher suite that it decides.
package struct DeviceKey: Sendable {
    /// Signs leaves and messages.
    package let signer: SignaturePrivateKey
    /// 2 for P-256, 7 for P-384.
    package let suite: MLSCipherSuite

    /// A key file holds one key, of some 300 bytes.
    package static let maximumFileSize = 65_536

    /// Reads PKCS#8 (`PRIVATE KEY`, RFC 5958) or SEC 1 (`EC PRIVATE KEY`, RFC 5915).
    ///
    /// What is read here is wiped: the file's bytes and the decoded ones. The crypto library keeps the key in memory that it wipes, but
    /// parses a copy that it does not.
    /// - Parameters:
    ///   - bytes: the file's content.
    ///   - file: its name, for the error.
    /// - Throws: ``DeviceKeyError``.
    package init(wiping bytes: inout [UInt8], file: String) throws(DeviceKeyError) {
        defer { bytes.wipe() }
        guard bytes.count <= Self.maximumFileSize else { throw .malformed(file: file) }
        var encoding = try Self.encoding(in: bytes, file: file)
        defer { encoding.wipe() }
        // The crypto library does not look at the curve, and takes a key of another for one of its own.
        if Self.names(Self.p256, encoding), let key = try? P256.Signing.PrivateKey(derRepresentation: encoding) {
            try self.init(Array(key.rawRepresentation), .p256AES128, file: file)
        } else if Self.names(Self.p384, encoding), let key = try? P384.Signing.PrivateKey(derRepresentation: encoding) {
            try self.init(Array(key.rawRepresentation), .p384AES256, file: file)
        } else {
            throw .unsupported(file: file)
        }
    }

    /// The curves' object identifiers in DER (RFC 5480 §2.1.1.1).
    private static let p256: [UInt8] = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
    private static let p384: [UInt8] = [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22]

    private static func names(_ curve: [UInt8], _ encoding: [UInt8]) -> Bool {
        encoding.indices.contains { encoding[$0...].starts(with: curve) }
    }

    private init(_ raw: consuming [UInt8], _ suite: MLSCipherSuite, file: String) throws(DeviceKeyError) {
        var raw = raw
        let secret = SymmetricKey(wiping: &raw)
        do throws(MLSError) {
            signer = try SignaturePrivateKey(raw: secret, for: suite)
        } catch {
            throw .unsupported(file: file)
        }
        self.suite = suite
    }

    /// The DER encoding in the first block that is a private key.
    private static func encoding(in bytes: [UInt8], file: String) throws(DeviceKeyError) -> [UInt8] {
        var isInside = false
        var decoder = Base64Decoder()
        for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            if line.starts(with: Array("-----BEGIN ".utf8)) {
                guard !isInside else { throw .malformed(file: file) }
                switch label(line) {
                case "PRIVATE KEY", "EC PRIVATE KEY": isInside = true
                case "ENCRYPTED PRIVATE KEY": throw .encrypted(file: file)
                case let other where other.hasSuffix("PRIVATE KEY"): throw .unsupported(file: file)
                default: break
                }
            } else if isInside, line.starts(with: Array("-----END ".utf8)) {
                guard let encoding = decoder.finish() else { throw .malformed(file: file) }
                return encoding
            } else if isInside {
                // "Proc-Type: 4,ENCRYPTED", the older way.
                guard !line.contains(UInt8(ascii: ":")) else { throw .encrypted(file: file) }
                guard decoder.append(line) else { throw .malformed(file: file) }
            }
        }
        throw .malformed(file: file)
    }

    private static func label(_ line: ArraySlice<UInt8>) -> String {
        let rest = line.dropFirst("-----BEGIN ".utf8.count)
        guard let end = rest.firstIndex(of: UInt8(ascii: "-")) else { return "" }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}

/// Why a key file is of no use. Each says what to do.
package enum DeviceKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(file: String)
    case encrypted(file: String)
    /// RSA, another curve, or a curve that is spelt out.
    case unsupported(file: String)

    package var description: String {
        switch self {
        case .malformed(let file): "\(file) holds no private key in PEM; make it again with scripts/certs"
        case .encrypted(let file):
            "the key in \(file) is encrypted, and nothing here asks for its passphrase; run: "
                + "openssl pkey -in \(file) -out \(file)"
        case .unsupported(let file):
            "\(file) holds no key of P-256 or P-384, and rooms use no other; make one with scripts/certs client"
        }
    }
}

/// Base64 (RFC 4648 §4), into bytes that are wiped.
private struct Base64Decoder {
    private var bytes: [UInt8] = []
    private var pending: UInt32 = 0
    private var digits = 0
    private var padding = 0

    /// So that no copy is left behind when the array grows.
    init() { bytes.reserveCapacity(DeviceKey.maximumFileSize) }

    /// - Returns: whether the line is base64.
    mutating func append(_ line: ArraySlice<UInt8>) -> Bool {
        for character in line {
            switch character {
            case UInt8(ascii: " "), 0x09: continue
            case UInt8(ascii: "="):
                padding += 1
                guard padding <= 2 else { return false }
                continue
            default: break
            }
            guard padding == 0, let digit = Self.digit(character) else { return false }
            pending = pending << 6 | digit
            digits += 1
            if digits == 4 {
                bytes.append(UInt8(truncatingIfNeeded: pending >> 16))
                bytes.append(UInt8(truncatingIfNeeded: pending >> 8))
                bytes.append(UInt8(truncatingIfNeeded: pending))
                (pending, digits) = (0, 0)
            }
        }
        return true
    }

    /// - Returns: the bytes; `nil` if they do not end where they should.
    mutating func finish() -> [UInt8]? {
        defer { pending = 0 }
        switch (digits, padding) {
        case (0, 0): break
        case (2, 2): bytes.append(UInt8(truncatingIfNeeded: pending >> 4))
        case (3, 1):
            bytes.append(UInt8(truncatingIfNeeded: pending >> 10))
            bytes.append(UInt8(truncatingIfNeeded: pending >> 2))
        default: return nil
        }
        return bytes
    }

    private static func digit(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
