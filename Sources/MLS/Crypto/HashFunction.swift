package import Crypto
import Foundation

/// A hash with its HMAC and HKDF (RFC 5869).
package enum HashFunction: Hashable, Sendable {
    case sha256, sha384, sha512

    /// `KDF.Nh`, in bytes.
    package var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    package func digest(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .sha256: Array(SHA256.hash(data: bytes))
        case .sha384: Array(SHA384.hash(data: bytes))
        case .sha512: Array(SHA512.hash(data: bytes))
        }
    }

    /// `MAC(key, content)` (RFC 9420 §5.1): HMAC.
    package func mac(_ content: [UInt8], key: SymmetricKey) -> [UInt8] {
        content.withUnsafeBytes { content in withMAC(of: content, key: key) { [UInt8]($0) } }
    }

    /// The MAC of content in two parts, which need not be put together for it.
    func mac(_ prefix: [UInt8], _ content: [UInt8], key: SymmetricKey) -> [UInt8] {
        prefix.withUnsafeBytes { prefix in
            content.withUnsafeBytes { content in withMAC(of: content, after: prefix, key: key) { [UInt8]($0) } }
        }
    }

    /// Whether `tag` is the whole MAC, compared in constant time.
    package func verify(_ tag: [UInt8], of content: [UInt8], key: SymmetricKey) -> Bool {
        switch self {
        case .sha256: HMAC<SHA256>.isValidAuthenticationCode(tag, authenticating: content, using: key)
        case .sha384: HMAC<SHA384>.isValidAuthenticationCode(tag, authenticating: content, using: key)
        case .sha512: HMAC<SHA512>.isValidAuthenticationCode(tag, authenticating: content, using: key)
        }
    }

    /// `KDF.Extract`.
    package func extract(salt: SymmetricKey, _ secret: SymmetricKey) -> SymmetricKey {
        secret.withUnsafeBytes { secret in withMAC(of: secret, key: salt) { SymmetricKey(data: $0) } }
    }

    /// `KDF.Expand`, for `1...255 × byteCount` bytes.
    package func expand(_ secret: SymmetricKey, info: consuming [UInt8], length: Int) -> SymmetricKey {
        guard length > byteCount else {
            // The first block is nearly always all of it: one HMAC.
            info.append(1)
            return info.withUnsafeBytes { block in
                withMAC(of: block, key: secret) {
                    SymmetricKey(data: UnsafeRawBufferPointer(rebasing: $0.prefix(length)))
                }
            }
        }
        return switch self {
        case .sha256: HKDF<SHA256>.expand(pseudoRandomKey: secret, info: info, outputByteCount: length)
        case .sha384: HKDF<SHA384>.expand(pseudoRandomKey: secret, info: info, outputByteCount: length)
        case .sha512: HKDF<SHA512>.expand(pseudoRandomKey: secret, info: info, outputByteCount: length)
        }
    }

    private func withMAC<Value>(
        of content: UnsafeRawBufferPointer, after prefix: UnsafeRawBufferPointer? = nil, key: SymmetricKey,
        _ body: (UnsafeRawBufferPointer) -> Value
    ) -> Value {
        switch self {
        case .sha256: hmac(SHA256.self, prefix, content, key).withUnsafeBytes(body)
        case .sha384: hmac(SHA384.self, prefix, content, key).withUnsafeBytes(body)
        case .sha512: hmac(SHA512.self, prefix, content, key).withUnsafeBytes(body)
        }
    }
}

/// HMAC (RFC 2104). A message takes five of them: swift-crypto's takes 1.4 µs, as it prepares keys in arrays, this 0.5 µs.
private func hmac<Hash: Crypto.HashFunction>(
    _: Hash.Type, _ prefix: UnsafeRawBufferPointer?, _ content: UnsafeRawBufferPointer, _ key: SymmetricKey
) -> Hash.Digest {
    withUnsafeTemporaryAllocation(byteCount: Hash.blockByteCount, alignment: 8) { pad in
        defer { pad.baseAddress.map { explicit_bzero($0, pad.count) } }
        pad.initializeMemory(as: UInt8.self, repeating: 0)
        key.withUnsafeBytes { key in
            guard key.count > pad.count else { return pad.copyMemory(from: key) }
            var hash = Hash()
            hash.update(bufferPointer: key)
            hash.finalize().withUnsafeBytes { pad.copyMemory(from: $0) }
        }
        func digest(
            _ mask: UInt8, _ prefix: UnsafeRawBufferPointer?, _ bytes: UnsafeRawBufferPointer
        ) -> Hash.Digest {
            for index in pad.indices { pad[index] ^= mask }
            var hash = Hash()
            hash.update(bufferPointer: UnsafeRawBufferPointer(pad))
            if let prefix { hash.update(bufferPointer: prefix) }
            hash.update(bufferPointer: bytes)
            return hash.finalize()
        }
        return digest(0x36, prefix, content).withUnsafeBytes { digest(0x36 ^ 0x5C, nil, $0) }
    }
}
