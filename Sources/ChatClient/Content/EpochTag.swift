import Crypto
package import TLSSyntax

/// Tells an epoch from another of the same number: 16 bytes that only its members can compute, and that say nothing else.
/// Every message carries its sender's, in the clear but authenticated; members whose tags differ live in two histories.
///
///     tag = the first 16 bytes of SHA-256("conclave epoch v1" ‖ 0 ‖ epoch_authenticator)
///     struct { uint8 version; /* 1 */ opaque tag[16]; } AuthenticatedData;
package struct EpochTag: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    private static let version: UInt8 = 1

    /// - Parameter authenticator: MLS's `epoch_authenticator` (RFC 9420 §8.7).
    package init(authenticator: [UInt8]) {
        var hash = SHA256()
        hash.update(data: Array("conclave epoch v1\0".utf8))
        hash.update(data: authenticator)
        let digest = Array(hash.finalize())
        func half(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        high = half(digest[0..<8])
        low = half(digest[8..<16])
    }

    /// Reads a message's authenticated data.
    /// - Throws: ``SyntaxError`` unless it is a tag and nothing more.
    package init(authenticatedData: [UInt8]) throws(SyntaxError) {
        (high, low) = try SyntaxReader.read(authenticatedData) { (reader) throws(SyntaxError) in
            guard try reader.uint8() == Self.version else {
                throw .invalidValue(offset: 0, "authenticated data of another version")
            }
            let high = try reader.uint64()
            return (high, try reader.uint64())
        }
    }

    /// As it stands in a message.
    package var authenticatedData: [UInt8] {
        var bytes: [UInt8] = []
        bytes.write(Self.version)
        bytes.write(high)
        bytes.write(low)
        return bytes
    }
}
