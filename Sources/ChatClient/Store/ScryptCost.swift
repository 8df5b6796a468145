import Crypto
import CryptoExtras
import Foundation

/// How dear a guess at a passphrase is made (scrypt, RFC 7914 §2).
package struct ScryptCost: Hashable, Sendable {
    /// log2 of N.
    package let logN: UInt8
    package let r: UInt32
    package let p: UInt32

    /// N = 2^17, r = 8, p = 1: 128 MiB, and some tenths of a second.
    package static let standard = ScryptCost(trusted: 17, 8, 1)

    /// Bytes that we are willing to use for what a file asks: 1 GiB.
    package static let memoryLimit = 1 << 30

    private init(trusted logN: UInt8, _ r: UInt32, _ p: UInt32) {
        self.logN = logN
        self.r = r
        self.p = p
    }

    /// Nil outside of N = 2^10...2^20, r = 1...16, p = 1...4 and ``memoryLimit``.
    package init?(logN: UInt8, r: UInt32, p: UInt32) {
        guard (10...20).contains(logN), (1...16).contains(r), (1...4).contains(p) else { return nil }
        guard 128 * Int(r) << Int(logN) <= Self.memoryLimit else { return nil }
        self.init(trusted: logN, r, p)
    }

    /// - Returns: 32 bytes.
    /// - Throws: ``StoreError/unavailable(_:)`` if there is no memory for it.
    func key(from passphrase: Passphrase, salt: [UInt8]) throws(StoreError) -> SymmetricKey {
        let derived: SymmetricKey? = passphrase.bytes.withUnsafeBytes { bytes in
            try? KDF.Scrypt.deriveKey(
                from: bytes.bindMemory(to: UInt8.self), salt: salt, outputByteCount: 32, rounds: 1 << Int(logN),
                blockSize: Int(r), parallelism: Int(p))
        }
        guard let derived else {
            throw .unavailable(
                "no key could be made of the passphrase: it takes \((128 * Int(r) << Int(logN)) >> 20) MiB of memory")
        }
        return derived
    }
}
