import Crypto
import Foundation
import MLS

/// The key from which all of a store's keys come. It stays the same for the life of the store; a new passphrase only wraps it anew.
package struct MasterKey: Sendable {
    /// A random number of the store, 16 bytes: it says whether a key file and a database belong together. Not secret.
    package let store: [UInt8]
    /// 32 bytes.
    let secret: SymmetricKey

    static let storeLength = 16
    static let length = 32

    init(store: [UInt8], secret: SymmetricKey) {
        self.store = store
        self.secret = secret
    }

    package static func random() -> MasterKey {
        MasterKey(store: SymmetricKey.random(count: storeLength).bytes, secret: .random(count: length))
    }

    /// What a key file holds for it.
    ///
    /// Both the salt and the nonce are new each time.
    /// - Throws: ``StoreError/unavailable(_:)`` if there is no memory for scrypt.
    package func locked(with unlock: StoreUnlock, cost: ScryptCost = .standard) throws(StoreError) -> LockedMasterKey {
        switch unlock {
        case .keyFile:
            return LockedMasterKey(store: store, lock: .none(secret))
        case .passphrase(let passphrase):
            let salt = SymmetricKey.random(count: LockedMasterKey.saltLength).bytes
            let key = try cost.key(from: passphrase, salt: salt)
            let header = LockedMasterKey.header(store: store, cost: cost, salt: salt)
            let box = secret.withUnsafeBytes { bytes in
                try? AES.GCM.seal(bytes.bindMemory(to: UInt8.self), using: key, authenticating: header).combined
            }
            guard let box else { throw .unavailable("the master key could not be sealed") }
            return LockedMasterKey(store: store, lock: .passphrase(cost, salt: salt, sealed: [UInt8](box)))
        }
    }
}
