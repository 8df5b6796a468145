public import Crypto
public import MLSWire
import TLSSyntax

/// Where keys from outside come from (RFC 9420 §8.4). Resumption keys of the group itself need no source: it keeps them.
public protocol PreSharedKeySource: Sendable {
    /// The key that the application shared under this name.
    func externalKey(id: [UInt8]) -> SymmetricKey?
    /// The resumption key of an epoch of another group, or of one that this group has forgotten.
    func resumptionKey(group: GroupID, epoch: UInt64) -> SymmetricKey?
}

/// A source that knows no keys.
public struct NoPreSharedKeys: PreSharedKeySource {
    public init() {}
    public func externalKey(id: [UInt8]) -> SymmetricKey? { nil }
    public func resumptionKey(group: GroupID, epoch: UInt64) -> SymmetricKey? { nil }
}

/// A source of keys that are all in memory.
public struct PreSharedKeys: PreSharedKeySource {
    private struct Epoch: Hashable {
        let group: GroupID
        let number: UInt64
    }

    private var external: [[UInt8]: SymmetricKey] = [:]
    private var resumption: [Epoch: SymmetricKey] = [:]

    public init() {}

    /// Adds a key that was shared by other means.
    public mutating func set(_ key: SymmetricKey, externalID: [UInt8]) { external[externalID] = key }

    /// Adds the resumption key of a group's epoch.
    public mutating func set(_ key: SymmetricKey, resumptionOf group: GroupID, epoch: UInt64) {
        resumption[Epoch(group: group, number: epoch)] = key
    }

    public func externalKey(id: [UInt8]) -> SymmetricKey? { external[id] }

    public func resumptionKey(group: GroupID, epoch: UInt64) -> SymmetricKey? {
        resumption[Epoch(group: group, number: epoch)]
    }
}

extension CipherSuite {
    /// `psk_secret` (§8.4): all keys chained, in order. Without any it is zeros.
    package func preSharedSecret(_ keys: [(id: PreSharedKeyID, key: SymmetricKey)]) -> SymmetricKey {
        var secret = zeroSecret
        for (index, (id, key)) in keys.enumerated() {
            var label = id.encoded
            label.write(UInt16(truncatingIfNeeded: index))
            label.write(UInt16(truncatingIfNeeded: keys.count))
            let input = expand(
                hash.extract(salt: zeroSecret, key), "derived psk", context: label, length: hash.byteCount)
            secret = hash.extract(salt: input, secret)
        }
        return secret
    }
}
