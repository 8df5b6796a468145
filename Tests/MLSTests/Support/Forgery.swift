import Crypto
import MLS
import MLSWire

/// How a forged commit differs from a true one. Each change is made just before the next step builds on it: what is changed
/// before a signature is signed, what is changed before a hash is hashed, so that the commit is valid in every other respect.
struct Forgery {
    /// The proposals as they stand in the commit.
    var entries: [ProposalOrRef] = []
    /// Keys from outside that the committer's own sources do not have.
    var preSharedKeys: [PreSharedKeyID: SymmetricKey] = [:]

    // MARK: The path

    var hasPath = true
    /// The secret of the lowest node; random if nil.
    var pathSecret: SymmetricKey?
    /// The secret that is encrypted to the others in the place of the path's own.
    var sealedPathSecret: SymmetricKey?
    /// The public keys of the path, before they enter the tree.
    var rekey: Edit<[HPKEPublicKey]> = { _ in }
    /// The committer's new leaf, not yet signed.
    var leaf: Edit<LeafNode> = { _ in }
    var leafSigner: (any Signer)?
    var signedLeaf: Edit<LeafNode> = { _ in }
    var path: Edit<UpdatePath> = { _ in }

    // MARK: The new epoch

    /// The tree, before it is hashed.
    var tree: Edit<RatchetTree> = { _ in }
    /// The group's context, before anything is derived from it.
    var context: Edit<GroupContext> = { _ in }

    // MARK: The message

    var format = WireFormat.publicMessage
    /// The content, not yet signed.
    var content: Edit<FramedContent> = { _ in }
    var signer: (any Signer)?
    var confirmationTag: Edit<MACTag> = { _ in }

    // MARK: The welcome

    var makesWelcome = false
    /// Others to whom the welcome is encrypted, with those whom the commit adds.
    var alsoWelcomed: [(leaf: LeafIndex, package: KeyPackage)] = []
    /// A newcomer's secrets, before they are encrypted.
    var secrets: (GroupSecrets) -> GroupSecrets = { $0 }
    var sealedSecrets: Edit<HPKECiphertext> = { _ in }
    /// The group info, not yet signed.
    var info: Edit<GroupInfo> = { _ in }
    var infoSigner: (any Signer)?
    /// The secret that the group info's key comes from; nil for the true one.
    var welcomeSecret: SymmetricKey?

    init(_ proposals: [Proposal] = []) {
        entries = proposals.map { .proposal($0) }
    }

    /// The same with one more change.
    func with(_ edit: Edit<Forgery>) rethrows -> Forgery {
        var copy = self
        try edit(&copy)
        return copy
    }
}

/// A commit that may be wrong.
struct ForgedCommit {
    let message: MLSMessage
    let welcome: Welcome?
    let next: NextEpoch
    /// The new tree.
    let tree: RatchetTree
}
