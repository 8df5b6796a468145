public import Crypto
import MLSWire
import TLSSyntax

/// A group as a store keeps it: all secrets are inside, so it belongs into a sealed record.
///
/// It has two parts because they change at different times: the epoch (with the tree, which may be large) only when an epoch
/// is adopted, the ratchets with every message. Whatever is written of one snapshot is written in one transaction.
public struct GroupSnapshot: Sendable {
    /// The tree, the keys and the secrets of the epoch.
    public let epoch: SymmetricKey
    /// The ratchets, what waits for a commit, and past epochs.
    public let ratchets: SymmetricKey

    /// Two parts as they were stored. Whether they belong together is seen when a group is restored from them.
    public init(epoch: SymmetricKey, ratchets: SymmetricKey) {
        self.epoch = epoch
        self.ratchets = ratchets
    }
}

extension MLSGroup {
    private static var version: UInt8 { 1 }

    /// The whole group.
    public var snapshot: GroupSnapshot {
        GroupSnapshot(
            epoch: Self.epochSnapshot(epoch, resumption, status), ratchets: Self.ratchetSnapshot(epoch, past))
    }

    /// What of the group changes within an epoch: it goes with the epoch part that was stored last.
    public var ratchetSnapshot: SymmetricKey { Self.ratchetSnapshot(epoch, past) }

    /// The group as it will be when it has adopted an epoch: to be stored before it does.
    ///
    /// While it is open whether an own commit is accepted, store ``StagedEpoch/snapshot`` instead: the group goes on meanwhile, and
    /// what is read until then would be unread in this one.
    public func snapshot(adopting next: borrowing StagedEpoch) -> GroupSnapshot {
        guard let state = next.state else {
            var out = epoch
            out.forgetSecrets()
            return GroupSnapshot(
                epoch: Self.epochSnapshot(out, ResumptionKeys(), .removed), ratchets: Self.ratchetSnapshot(out, []))
        }
        let (past, resumption) = history(adopting: next)
        let status: Status = state.reInit == nil ? .active : .closed
        return GroupSnapshot(
            epoch: Self.epochSnapshot(state, resumption, status), ratchets: Self.ratchetSnapshot(state, past))
    }

    private static func epochSnapshot(
        _ epoch: EpochState, _ resumption: ResumptionKeys, _ status: Status
    ) -> SymmetricKey {
        var bytes: [UInt8] = [version, status.code]
        epoch.writeEpoch(into: &bytes, room: 64 + resumption.keys.count * 96)
        bytes.writeVariable(resumption.keys) { bytes, entry in
            bytes.write(entry.epoch)
            bytes.write(secret: entry.key)
        }
        return SymmetricKey(wiping: &bytes)
    }

    private static func ratchetSnapshot(_ epoch: EpochState, _ past: [PastEpoch]) -> SymmetricKey {
        var bytes: [UInt8] = [version]
        // Were the array to grow, copies of secrets would stay where it was.
        bytes.reserveCapacity(past.reduce(1024 + epoch.storedRatchetSize) { $0 + $1.storedSize })
        let capacity = bytes.capacity
        bytes.write(epoch.group.confirmationTag)
        epoch.writeRatchets(into: &bytes)
        bytes.writeVariable(past) { $1.write(into: &$0) }
        assert(bytes.capacity == capacity, "the array of a snapshot grew")
        return SymmetricKey(wiping: &bytes)
    }

    /// The group that a snapshot holds.
    /// - Parameters:
    ///   - client: who this device is: with the signature key of its leaf.
    ///   - renewed: other keys of this device for which Updates may be waiting.
    /// - Throws: ``MLSError/malformed(_:)`` or ``MLSError/misuse(_:)`` if the parts are damaged, of another version of the
    ///   library, or do not belong together. Nothing else is read from them then.
    public init(
        restoring snapshot: GroupSnapshot, client: MLSClient, renewed: [MLSClient] = []
    ) throws(MLSError) {
        let (status, stored, resumption) = try MLSError.decoding { () throws(SyntaxError) in
            try snapshot.epoch.read { (reader) throws(SyntaxError) in
                try reader.expect(Self.version)
                return (
                    try Status(from: &reader), try StoredEpoch(from: &reader), try ResumptionKeys(from: &reader)
                )
            }
        }
        var epoch = try stored.restored(client, isRemoved: status == .removed)
        var past: [PastEpoch] = []
        do throws(SyntaxError) {
            past = try snapshot.ratchets.read { (reader) throws(SyntaxError) -> [PastEpoch] in
                try reader.expect(Self.version)
                let start = reader.offset
                guard try MACTag(from: &reader) == epoch.group.confirmationTag else {
                    throw .invalidValue(offset: start, "ratchets of another epoch")
                }
                try epoch.readRatchets(from: &reader, clients: renewed)
                return try reader.variableVector(maximumCount: .max) { (reader) throws(SyntaxError) in
                    try PastEpoch(from: &reader, suite: epoch.suite)
                }
            }
        } catch {
            throw .malformed(error)
        }
        self.init(restoring: client, epoch: epoch, past: past, resumption: resumption, status: status)
    }
}

extension SyntaxReader {
    /// - Throws: if the next byte is not the version that this library writes.
    mutating func expect(_ version: UInt8) throws(SyntaxError) {
        let start = offset
        guard try uint8() == version else { throw .invalidValue(offset: start, "snapshot of another version") }
    }
}

extension MLSGroup.Status {
    var code: UInt8 {
        switch self {
        case .active: 0
        case .removed: 1
        case .closed: 2
        }
    }

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try reader.uint8() {
        case 0: self = .active
        case 1: self = .removed
        case 2: self = .closed
        default: throw .invalidValue(offset: start, "group of unknown status")
        }
    }
}

extension ResumptionKeys {
    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        self.init()
        let entries = try reader.variableVector(maximumCount: .max) {
            (reader) throws(SyntaxError) -> (epoch: UInt64, key: SymmetricKey) in
            (try reader.uint64(), try reader.secret())
        }
        for entry in entries { append(entry.key, of: entry.epoch, keeping: entries.count) }
    }
}
