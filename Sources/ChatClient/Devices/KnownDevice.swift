package import Chat
package import ChatWire
package import TLSSyntax

/// What is remembered of one device: when it was first seen, its last certificate, and its keys.
///
///     struct {
///         uint8 version;                          /* 1 */
///         Identity identity;
///         uint64 firstSeen;
///         struct { opaque serial<0..64>; opaque fingerprint<0..64>; Digest key; uint64 start; uint64 end; } last;
///         struct { Digest key; uint64 firstSeen; uint8 isVerified; } keys<0..2^16-1>;
///     } KnownDevice;
package struct KnownDevice: Hashable, Sendable {
    package struct Certificate: Hashable, Sendable {
        package var serialNumber: String
        package var fingerprint: String
        /// SHA-256 of the public key.
        package var key: Digest
        /// Seconds since 1970.
        package var validity: ClosedRange<Int64>

        package init(_ certificate: JudgedCertificate) {
            serialNumber = certificate.serialNumber
            fingerprint = certificate.fingerprint
            key = Digest(of: certificate.key)
            validity = certificate.validity
        }
    }

    package struct Key: Hashable, Sendable {
        /// SHA-256 of the public key.
        package var hash: Digest
        /// Seconds since 1970.
        package var firstSeen: Int64
        /// Whether a person has compared it with what the owner said.
        package var isVerified: Bool
    }

    package let identity: PeerIdentity
    /// Seconds since 1970.
    package let firstSeen: Int64
    /// The certificate that was issued last, of those that were seen.
    package internal(set) var last: Certificate
    /// All keys that were seen, in that order; the oldest are forgotten.
    package internal(set) var keys: [Key]

    static let maximumKeys = 64

    init(_ identity: PeerIdentity, _ certificate: Certificate, now: Int64) {
        self.identity = identity
        firstSeen = now
        last = certificate
        keys = [Key(hash: certificate.key, firstSeen: now, isVerified: false)]
    }

    /// Whether the key in use was compared.
    package var isVerified: Bool { keys.contains { $0.hash == last.key && $0.isVerified } }
}

extension KnownDevice {
    private static let version: UInt8 = 1

    package init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        guard try reader.uint8() == Self.version else {
            throw .invalidValue(offset: start, "a known device of another version")
        }
        identity = try reader.identity()
        firstSeen = try reader.time()
        last = try Certificate(from: &reader)
        keys = try reader.vector(lengthBytes: 2, 0...0xFFFF) { (reader) throws(SyntaxError) in
            let hash = try Digest(from: &reader)
            let firstSeen = try reader.time()
            let place = reader.offset
            switch try reader.uint8() {
            case 0: return Key(hash: hash, firstSeen: firstSeen, isVerified: false)
            case 1: return Key(hash: hash, firstSeen: firstSeen, isVerified: true)
            default: throw .invalidValue(offset: place, "a mark that is neither yes nor no")
            }
        }
        guard keys.count <= Self.maximumKeys else { throw .invalidValue(offset: start, "a device with too many keys") }
    }

    package func write(to writer: inout some SyntaxWriter) throws(SyntaxError) {
        writer.write(Self.version)
        try writer.write(identity)
        writer.write(UInt64(bitPattern: firstSeen))
        try last.write(to: &writer)
        try writer.writeNested(lengthBytes: 2, 0...0xFFFF) { (writer) throws(SyntaxError) in
            for key in keys {
                key.hash.write(to: &writer)
                writer.write(UInt64(bitPattern: key.firstSeen))
                writer.write((key.isVerified ? 1 : 0) as UInt8)
            }
        }
    }
}

extension KnownDevice.Certificate {
    fileprivate init(from reader: inout SyntaxReader) throws(SyntaxError) {
        serialNumber = try reader.text(lengthBytes: 1, 0...64)
        fingerprint = try reader.text(lengthBytes: 1, 0...64)
        key = try Digest(from: &reader)
        let start = reader.offset
        let (first, end) = (try reader.time(), try reader.time())
        guard first <= end else { throw .invalidValue(offset: start, "a validity that ends before it begins") }
        validity = first...end
    }

    fileprivate func write(to writer: inout some SyntaxWriter) throws(SyntaxError) {
        try writer.write(text: serialNumber, lengthBytes: 1, 0...64)
        try writer.write(text: fingerprint, lengthBytes: 1, 0...64)
        key.write(to: &writer)
        writer.write(UInt64(bitPattern: validity.lowerBound))
        writer.write(UInt64(bitPattern: validity.upperBound))
    }
}

extension SyntaxReader {
    /// Seconds since 1970, which may be before.
    fileprivate mutating func time() throws(SyntaxError) -> Int64 { Int64(bitPattern: try uint64()) }
}
