package import Crypto
package import MLSWire

/// What is kept of an epoch that is over, to read messages that come late.
package struct PastEpoch: Sendable {
    package var protection: MessageProtection
    /// What the leaves that the next epoch changed held in this one; nil for those that were blank.
    package let replaced: [LeafIndex: LeafNode?]

    package var epoch: UInt64 { protection.epoch }
}

/// Resumption keys of past epochs (RFC 9420 §8.6), to a bound.
package struct ResumptionKeys: Sendable {
    package private(set) var keys: [(epoch: UInt64, key: SymmetricKey)] = []

    package init() {}

    package subscript(epoch: UInt64) -> SymmetricKey? { keys.first { $0.epoch == epoch }?.key }

    package mutating func append(_ key: SymmetricKey, of epoch: UInt64, keeping limit: Int) {
        keys.append((epoch, key))
        keys.removeFirst(max(keys.count - max(limit, 0), 0))
    }
}
