public import Crypto
import MLSWire
import TLSSyntax

extension StagedEpoch {
    fileprivate static var version: UInt8 { 1 }

    /// The epoch as a store keeps it beside its group, until it is known whether the commit was accepted: store it before
    /// an own commit is submitted. All of the epoch's secrets are inside, so it belongs into a sealed record.
    ///
    /// The group meanwhile goes on in its old epoch; ``MLSGroup/staged(restoring:renewed:)`` brings the two together again.
    public var snapshot: SymmetricKey {
        var bytes: [UInt8] = [Self.version]
        bytes.write(base)
        PastEpoch.write(replaced, into: &bytes)
        effects.write(into: &bytes)
        bytes.writeOptional(state) { bytes, state in
            state.writeEpoch(into: &bytes, room: state.protection.secretTree.storedSize)
            state.protection.secretTree.write(into: &bytes)
        }
        return SymmetricKey(wiping: &bytes)
    }
}

extension MLSGroup {
    /// An epoch that was staged and stored before this group was restored: of an own commit whose fate was not known then.
    /// - Parameter renewed: other keys of this device, one of which the commit may have made its leaf's.
    /// - Throws: ``MLSError/misuse(_:)`` with ``MLSError/Misuse/otherEpoch`` if it does not follow the group's present epoch,
    ///   and so can never be adopted; otherwise what ``init(restoring:client:renewed:)`` throws.
    public func staged(
        restoring snapshot: SymmetricKey, renewed: [MLSClient] = []
    ) throws(MLSError) -> StagedEpoch {
        let stored = try MLSError.decoding { () throws(SyntaxError) in
            try snapshot.read { (reader) throws(SyntaxError) in
                try reader.expect(StagedEpoch.version)
                return try StoredStagedEpoch(from: &reader)
            }
        }
        guard stored.base == epoch.group.confirmationTag else { throw .misuse(.otherEpoch) }
        guard let (next, ratchets) = stored.state else {
            return StagedEpoch(
                after: epoch, state: nil, client: client, replaced: stored.replaced, effects: stored.effects)
        }
        let client = renewed.first { $0.signer.publicKey == next.ownSignatureKey } ?? client
        var state = try next.restored(client, isRemoved: false)
        guard state.group.id == id, state.group.epoch == epoch.group.epoch &+ 1 else { throw .misuse(.snapshot) }
        guard ratchets.fit(state.suite) else { throw .misuse(.snapshot) }
        state.protection.secretTree = SecretTree(
            suite: state.suite, leafCount: state.group.tree.leafCount, nodes: ratchets.nodes,
            ratchets: ratchets.chains)
        return StagedEpoch(
            after: epoch, state: state, client: client, replaced: stored.replaced, effects: stored.effects)
    }
}

/// A staged epoch as it is stored, before it is known to be sound.
private struct StoredStagedEpoch {
    let base: MACTag
    let state: (StoredEpoch, StoredRatchets)?
    let replaced: [LeafIndex: LeafNode?]
    let effects: Effects

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        base = try MACTag(from: &reader)
        replaced = try PastEpoch.replaced(from: &reader)
        effects = try Effects(from: &reader)
        state = try reader.optional { (reader) throws(SyntaxError) in
            (try StoredEpoch(from: &reader), try StoredRatchets(from: &reader))
        }
    }
}
