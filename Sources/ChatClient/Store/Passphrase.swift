import Crypto
import MLS

/// What a user types to open the store: its bytes as they were typed, in memory that is wiped.
package struct Passphrase: Sendable {
    /// In bytes.
    package static let lengths = 1...1024

    let bytes: SymmetricKey

    /// Takes the bytes over and wipes where they were.
    /// - Throws: ``StoreError/passphraseLength(_:)``.
    package init(wiping typed: inout [UInt8]) throws(StoreError) {
        let length = typed.count
        bytes = SymmetricKey(wiping: &typed)
        guard Self.lengths.contains(length) else { throw .passphraseLength(length) }
    }

    /// The string itself stays in memory that nobody wipes.
    /// - Throws: ``StoreError/passphraseLength(_:)``.
    package init(_ typed: String) throws(StoreError) {
        var bytes = [UInt8](typed.utf8)
        try self.init(wiping: &bytes)
    }
}

/// With what a store is opened, or is to be opened from now on.
package enum StoreUnlock: Sendable {
    case passphrase(Passphrase)
    /// With the file alone: whoever can read the file can read the store.
    case keyFile
}
