import Crypto
import MLS
import MLSWire

/// A member of the group that the machine drives, with what its application would store.
final class MachineDevice {
    let name: String
    /// All keys that this device had or may get, the present one among them.
    private(set) var clients: [MLSClient]
    var group: MLSGroup
    /// The epoch in which it came.
    let joined: UInt64
    /// The epoch part of the snapshot, as stored when the epoch was adopted.
    private var storedEpoch: SymmetricKey

    init(_ name: String, _ client: MLSClient, _ group: consuming MLSGroup) {
        self.name = name
        clients = [client]
        joined = group.state.epoch
        storedEpoch = group.snapshot.epoch
        self.group = group
    }

    var client: MLSClient { group.client }
    var leaf: LeafIndex { group.leaf }
    var signatureKey: SignaturePublicKey { group.client.signer.publicKey }

    /// A new signature key, and the client that has it. It is kept, as an Update or commit may bring it into the group.
    func renewed(_ suite: MLSCipherSuite) throws -> MLSClient {
        let client = try MachinePeople.client(name, suite)
        clients.append(client)
        return client
    }

    /// The process ends, and starts again from what was stored: the epoch part when the epoch began, the ratchets after the
    /// last change.
    func restart() throws {
        try restore(GroupSnapshot(epoch: storedEpoch, ratchets: group.ratchetSnapshot))
    }

    func adopt(_ staged: consuming StagedEpoch, in way: AdoptionWay) throws {
        switch way {
        case .adopt:
            group.adopt(staged)
            storedEpoch = group.snapshot.epoch
        case .restoreAdopted:
            let snapshot = group.snapshot(adopting: staged)
            storedEpoch = snapshot.epoch
            try restore(snapshot)
        case .restoreStaged:
            let stored = staged.snapshot
            let effects = staged.effects
            try restart()
            let again = try group.staged(restoring: stored, renewed: clients)
            guard again.effects == effects else { throw Unexpected("effects that differ once restored") }
            group.adopt(again)
            storedEpoch = group.snapshot.epoch
        }
    }

    private func restore(_ snapshot: GroupSnapshot) throws {
        // Which of its keys is in the leaf, a device can tell by trying.
        for client in clients.reversed() {
            do throws(MLSError) {
                group = try MLSGroup(restoring: snapshot, client: client, renewed: clients)
                return
            } catch {
                guard error == .misuse(.signerMismatch) else { throw error }
            }
        }
        throw Unexpected("a snapshot that none of the device's keys opens")
    }

    /// How a device goes from one epoch to the next.
    enum AdoptionWay: CaseIterable {
        case adopt
        /// It stores the group as it will be, and starts again from that.
        case restoreAdopted
        /// It stores the staged epoch, starts again in the old one, and then adopts.
        case restoreStaged
    }
}

/// Who the machine's devices are.
enum MachinePeople {
    static let customProposal = ProposalType(rawValue: 0xF0F1)
    static let customExtension = ExtensionType(rawValue: 0xF0F2)

    static let preSharedKeys: PreSharedKeys = {
        var keys = PreSharedKeys()
        for id in UInt8(1)...3 {
            keys.set(SymmetricKey(data: [UInt8](repeating: id, count: 32)), externalID: [id])
        }
        return keys
    }()

    static let policy: GroupPolicy = {
        var policy = GroupPolicy()
        policy.pastEpochs = 3
        policy.resumptionEpochs = 5
        return policy
    }()

    static func client(_ name: String, _ suite: MLSCipherSuite) throws -> MLSClient {
        MLSClient(
            signer: try SignaturePrivateKey(for: suite), credential: .basic(identity: Array(name.utf8)),
            capabilities: Capabilities(
                cipherSuites: MLSCipherSuite.supported, extensions: [customExtension, .lastResort],
                proposals: [customProposal], credentials: [.basic]),
            validator: NameValidator(), preSharedKeys: preSharedKeys, policy: policy, clock: { Person.now })
    }
}
