package import Crypto
package import Foundation

/// Seals the records of a store (AES-256-GCM, a random nonce each, a key per table) and opens them.
///
/// A sealed record is `nonce[12] ‖ ciphertext ‖ tag[16]`. Its additional data are "conclave store v1" ‖ `uint8 table` ‖ key, so
/// that a record opens nowhere but where it was put. What this does not show: that a record is missing, or an older one of the same
/// place. A table's key is good for 2^32 writes (NIST SP 800-38D §8.3).
package struct RecordSealer: Sendable {
    /// By the number of the table. Number 0 is of ``check``.
    private let keys: [SymmetricKey]
    private let store: [UInt8]

    /// Bytes that a sealed record is longer than its value.
    package static let overhead = 12 + 16

    package init(_ master: MasterKey) {
        let last = RecordTable.allCases.map(\.rawValue).max() ?? 0
        keys = (0...last).map { number in
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: master.secret, salt: master.store,
                info: [UInt8]("conclave store table".utf8) + [number],
                outputByteCount: 32)
        }
        store = master.store
    }

    /// - Throws: ``StoreError/unavailable(_:)``.
    package func seal(_ value: SymmetricKey, in table: RecordTable, at key: [UInt8]) throws(StoreError) -> Data {
        try seal(value, table.rawValue, key)
    }

    /// - Returns: nil if this store did not seal it for this place.
    package func open(_ sealed: Data, in table: RecordTable, at key: [UInt8]) -> SymmetricKey? {
        open(sealed, table.rawValue, key)
    }

    // MARK: Whether a database is this key's

    /// A record to be kept beside the others: see ``isOwn(_:)``.
    /// - Throws: ``StoreError/unavailable(_:)``.
    package func check() throws(StoreError) -> Data {
        try seal(SymmetricKey(data: store), 0, [])
    }

    /// Whether a record is this store's ``check()``.
    package func isOwn(_ check: Data) -> Bool {
        open(check, 0, []) == SymmetricKey(data: store)
    }

    // MARK: Boxes

    private func seal(_ value: SymmetricKey, _ table: UInt8, _ key: [UInt8]) throws(StoreError) -> Data {
        let sealed: Data? = value.withUnsafeBytes { bytes in
            try? AES.GCM.seal(
                bytes.bindMemory(to: UInt8.self), using: keys[Int(table)], authenticating: Self.context(table, key)
            ).combined
        }
        guard let sealed else { throw .unavailable("a record could not be sealed") }
        return sealed
    }

    private func open(_ sealed: Data, _ table: UInt8, _ key: [UInt8]) -> SymmetricKey? {
        guard sealed.count >= Self.overhead, let box = try? AES.GCM.SealedBox(combined: sealed),
            var opened = try? AES.GCM.open(box, using: keys[Int(table)], authenticating: Self.context(table, key))
        else { return nil }
        return SymmetricKey(wiping: &opened)
    }

    private static let label = [UInt8]("conclave store v1".utf8)

    private static func context(_ table: UInt8, _ key: [UInt8]) -> [UInt8] {
        var context = label
        context.reserveCapacity(label.count + 1 + key.count)
        context.append(table)
        context.append(contentsOf: key)
        return context
    }
}
