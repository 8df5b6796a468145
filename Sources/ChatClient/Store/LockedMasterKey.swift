package import Crypto
import Foundation
import MLS
import TLSSyntax

/// What lies in a key file.
///
///     struct {
///         opaque magic[13] = "conclave key\n";
///         uint16 version = 1;
///         opaque store[16];
///         uint8 lock;                      /* 1: none; 2: passphrase */
///         select (lock) {
///             case 1: opaque master[32];
///             case 2: uint8 logN; uint32 r; uint32 p; opaque salt[16];     /* scrypt */
///                     opaque nonce[12]; opaque sealed[48];                 /* AES-256-GCM of master[32] */
///         };
///         opaque check[32];                /* SHA-256 of all before, in every version */
///     } KeyFile;
///
/// The sum tells damage from a wrong passphrase: where it is right and the box does not open, the passphrase is wrong (or somebody
/// forged the file and its sum, and gains nothing but that message). All before the nonce is authenticated by the box.
package struct LockedMasterKey: Sendable {
    enum Lock {
        case none(SymmetricKey)
        case passphrase(ScryptCost, salt: [UInt8], sealed: [UInt8])
    }

    let store: [UInt8]
    let lock: Lock

    /// Bytes that a key file of any version may have.
    package static let lengthLimit = 4096
    package static let version = 1
    static let saltLength = 16
    private static let magic = [UInt8]("conclave key\n".utf8)
    private static let sealedLength = 12 + MasterKey.length + 16

    init(store: [UInt8], lock: Lock) {
        self.store = store
        self.lock = lock
    }

    package var needsPassphrase: Bool {
        if case .passphrase = lock { true } else { false }
    }

    /// - Throws: ``StoreError/wrongPassphrase``, ``StoreError/passphraseNeeded``, ``StoreError/noPassphraseSet``, or
    ///   ``StoreError/unavailable(_:)`` if there is no memory for scrypt.
    package func unlocked(with unlock: StoreUnlock) throws(StoreError) -> MasterKey {
        switch (lock, unlock) {
        case (.none(let secret), .keyFile):
            return MasterKey(store: store, secret: secret)
        case (.none, .passphrase):
            throw .noPassphraseSet
        case (.passphrase, .keyFile):
            throw .passphraseNeeded
        case (.passphrase(let cost, let salt, let sealed), .passphrase(let passphrase)):
            let key = try cost.key(from: passphrase, salt: salt)
            let header = Self.header(store: store, cost: cost, salt: salt)
            guard var opened = try? AES.GCM.open(.init(combined: sealed), using: key, authenticating: header) else {
                throw .wrongPassphrase
            }
            return MasterKey(store: store, secret: SymmetricKey(wiping: &opened))
        }
    }

    // MARK: Bytes

    /// All before the nonce of a key that a passphrase locks.
    static func header(store: [UInt8], cost: ScryptCost, salt: [UInt8]) -> [UInt8] {
        var bytes = start(store: store, lock: 2)
        bytes.write(cost.logN)
        bytes.write(cost.r)
        bytes.write(cost.p)
        return bytes + salt
    }

    private static func start(store: [UInt8], lock: UInt8) -> [UInt8] {
        var bytes = magic
        bytes.reserveCapacity(256)
        bytes.write(UInt16(version))
        bytes += store
        bytes.write(lock)
        return bytes
    }

    /// The file's bytes: a secret where there is no passphrase.
    package var encoded: SymmetricKey {
        var bytes: [UInt8]
        switch lock {
        case .none(let secret):
            bytes = Self.start(store: store, lock: 1)
            secret.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .passphrase(let cost, let salt, let sealed):
            bytes = Self.header(store: store, cost: cost, salt: salt) + sealed
        }
        bytes.append(contentsOf: SHA256.hash(data: bytes))
        return SymmetricKey(wiping: &bytes)
    }

    /// - Parameter path: where the bytes come from, for the error.
    /// - Throws: ``StoreError/damaged(_:)`` or ``StoreError/newerSchema(found:known:)``.
    package init(decoding file: SymmetricKey, path: String) throws(StoreError) {
        let content: Content
        do throws(SyntaxError) {
            guard Self.hasRightSum(file) else { throw .invalidValue(offset: 0, "sum") }
            content = try file.read(Self.read)
        } catch {
            throw .damaged("the key file \(path) is damaged")
        }
        switch content {
        case .key(let key): self = key
        case .newer(let version): throw .newerSchema(found: version, known: Self.version)
        }
    }

    private enum Content {
        case key(LockedMasterKey)
        case newer(Int)
    }

    private static func hasRightSum(_ file: SymmetricKey) -> Bool {
        file.withUnsafeBytes { bytes in
            guard bytes.count > SHA256.byteCount else { return false }
            let sum = UnsafeRawBufferPointer(rebasing: bytes.suffix(SHA256.byteCount))
            return SHA256.hash(data: bytes.dropLast(SHA256.byteCount)) == sum
        }
    }

    private static func read(_ reader: inout SyntaxReader) throws(SyntaxError) -> Content {
        guard try reader.opaque(magic.count) == magic else { throw .invalidValue(offset: 0, "magic") }
        let version = Int(try reader.uint16())
        guard version > 0 else { throw .invalidValue(offset: magic.count, "version 0") }
        guard version == Self.version else {
            _ = try reader.opaque(reader.remaining)
            return .newer(version)
        }
        let store = try reader.opaque(MasterKey.storeLength)
        let lock = try readLock(&reader)
        _ = try reader.opaque(SHA256.byteCount)
        return .key(LockedMasterKey(store: store, lock: lock))
    }

    private static func readLock(_ reader: inout SyntaxReader) throws(SyntaxError) -> Lock {
        let code = try reader.uint8()
        switch code {
        case 1:
            var secret = try reader.opaque(MasterKey.length)
            return .none(SymmetricKey(wiping: &secret))
        case 2:
            let (logN, r, p) = (try reader.uint8(), try reader.uint32(), try reader.uint32())
            guard let cost = ScryptCost(logN: logN, r: r, p: p) else {
                throw .invalidValue(offset: reader.offset, "cost of scrypt")
            }
            return .passphrase(
                cost, salt: try reader.opaque(saltLength), sealed: try reader.opaque(sealedLength))
        default:
            throw .invalidValue(offset: reader.offset, "lock \(code)")
        }
    }
}
