/// The five bytes in front of every TLS record (RFC 8446 §5.1).
public struct TLSRecordHeader: Hashable, Sendable {
    public static let length = 5
    /// What a record may carry: 2^14 bytes, and 256 more once it is encrypted (§5.2); TLS 1.2 allowed 2,048 more
    /// (RFC 5246 §6.2.3).
    public static let longestPayload = 16_384 + 2_048
    public static let longestTLS13Payload = 16_384 + 256

    public var contentType: TLSContentType
    public var version: TLSVersion
    /// Bytes that follow the header, `0...longestPayload`.
    public var payloadLength: Int

    /// - Throws: ``TLSDecodeError`` for what cannot be the start of a record.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(TLSDecodeError) {
        guard bytes.count >= Self.length else { throw .truncated(needed: Self.length, available: bytes.count) }
        guard let type = TLSContentType(rawValue: bytes[0]) else { throw .unknownContentType(bytes[0]) }
        guard bytes[1] == 3, bytes[2] <= 4 else { throw .implausibleVersion(UInt16(bytes[1]) << 8 | UInt16(bytes[2])) }
        let length = Int(bytes[3]) << 8 | Int(bytes[4])
        guard length <= Self.longestPayload else { throw .recordTooLong(length) }
        contentType = type
        version = TLSVersion(rawValue: 0x0300 | UInt16(bytes[2]))
        payloadLength = length
    }
}

extension TLSRecordHeader {
    public init(contentType: TLSContentType, version: TLSVersion, payloadLength: Int) {
        self.contentType = contentType
        self.version = version
        self.payloadLength = payloadLength
    }

    /// The same as ``init(decoding:)``, without a reason: `nil` for what cannot be the start of a record.
    @inlinable
    public init?(plausible bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 5, let type = TLSContentType(rawValue: bytes[0]), bytes[1] == 3, bytes[2] <= 4 else {
            return nil
        }
        let length = Int(bytes[3]) << 8 | Int(bytes[4])
        guard length <= 18_432 else { return nil }
        self.init(
            contentType: type, version: TLSVersion(rawValue: 0x0300 | UInt16(bytes[2])), payloadLength: length)
    }
}

/// Why bytes are no TLS record or handshake message.
public enum TLSDecodeError: Error, Hashable, Sendable, CustomStringConvertible {
    case truncated(needed: Int, available: Int)
    case unknownContentType(UInt8)
    case implausibleVersion(UInt16)
    case recordTooLong(Int)
    case malformedHello(String)
    case malformedMessage(HandshakeType, String)
    case malformedCertificate(String)

    public var description: String {
        switch self {
        case .truncated(let needed, let available): "\(needed) bytes needed, \(available) there"
        case .unknownContentType(let type): "\(type) is no content type"
        case .implausibleVersion(let version): "0x\(String(version, radix: 16)) is no version"
        case .recordTooLong(let length): "a record of \(length) bytes is too long"
        case .malformedHello(let what): "a malformed hello: \(what)"
        case .malformedMessage(let type, let what): "a malformed \(type): \(what)"
        case .malformedCertificate(let what): "a malformed certificate: \(what)"
        }
    }
}
