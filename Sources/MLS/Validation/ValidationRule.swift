/// The rules of RFC 9420 that a message can break, each checked in one place by `require(_:_:)`.
///
/// They are what no test vector shows: for each there is a test in which a message that is valid but for this rule is refused,
/// and which fails when the check is taken out (`scripts/mutants`).
public enum ValidationRule: String, Hashable, Sendable, CaseIterable {

    // MARK: Framing (§6)

    /// The message's signature is not its sender's (§6.1).
    case framedContentSignature
    /// The membership tag is not that of a member (§6.2).
    case membershipTag
    /// The confirmation tag does not confirm the new epoch (§6.1).
    case confirmationTag
    /// The sender is no member of the group (§6.3.2).
    case senderIsMember
    /// The external sender is not one that the group lists (§12.1.8.1).
    case externalSenderIsListed
    /// An external sender sent something other than a proposal (§6.1).
    case externalSenderOnlyProposes
    /// An external sender sent a proposal of a type that it may not send (§12.1.8).
    case externalProposalIsAllowed
    /// A newcomer proposed something other than its own Add (§6.1).
    case newMemberProposesItsAdd
    /// A newcomer committed with something other than a commit (§6.1).
    case newMemberCommits
    /// Application data came unencrypted (§6).
    case applicationIsPrivate
    /// The padding holds something other than zeros (§6.3.1).
    case paddingIsZero
    /// The sender's data does not decrypt (§6.3.2).
    case senderDataDecrypts
    /// The message does not decrypt (§6.3.1).
    case contentDecrypts
    /// The message's key was used before (§9.2).
    case generationIsUnused
    /// The message is too far ahead of those before it (§14.4).
    case generationIsNear
    // MARK: Cryptography (§5)

    /// A public key for encryption is none of the cipher suite (§5.1.1).
    case hpkeKeyIsValid
    /// An encrypted secret does not decrypt (§5.1.3).
    case hpkeDecrypts
    /// A signature key is none of the cipher suite (§5.1.1).
    case signatureKeyIsValid
    /// The signature key is not the one that the certificate holds (§5.3).
    case certificateHoldsSignatureKey
    // MARK: Leaves (§7.2, §7.3, §13.4)

    /// A leaf's signature is not by its own key (§7.3).
    case leafSignature
    /// A leaf does not list the group's version of the protocol (§7.2).
    case leafSupportsVersion
    /// A leaf uses an extension that its capabilities do not list (§7.3).
    case leafListsItsExtensions
    /// A leaf uses a type of credential that its capabilities do not list (§7.2).
    case leafListsItsCredential
    /// A leaf lacks a capability that the group requires (§7.3).
    case leafMeetsRequirements
    /// A leaf does not support an extension of the group (§13.4).
    case leafSupportsGroupExtensions
    /// A leaf's type of credential is not supported by all members (§7.3).
    case leafCredentialIsSupported
    /// A leaf does not support a type of credential that a member has (§7.3).
    case leafSupportsCredentialsInUse
    /// The present is not within a leaf's lifetime (§7.3).
    case leafIsWithinLifetime
    /// A leaf's lifetime is longer than the application accepts (§7.2).
    case leafLifetimeIsAcceptable
    /// A key package's leaf does not come from a key package (§7.3).
    case leafSourceIsKeyPackage
    /// An update's leaf does not come from an update (§7.3).
    case leafSourceIsUpdate
    /// A commit's leaf does not come from a commit (§7.3).
    case leafSourceIsCommit
    /// A leaf is replaced by one with the same encryption key (§7.3).
    case updateChangesKey
    /// Two members have the same signature key (§7.3).
    case signatureKeyIsUnique
    /// Two nodes have the same encryption key (§7.3).
    case encryptionKeyIsUnique
    // MARK: Trees (§7.9, §12.4.3.1)

    /// A parent node is not bound by exactly one node below it (§7.9.2).
    case parentHashIsValid
    /// A parent node's key occurs elsewhere in the tree (§12.4.3.1).
    case parentKeyIsUnique
    /// An unmerged leaf is no member below its parent node (§12.4.3.1).
    case unmergedLeafIsMemberBelow
    /// An unmerged leaf is merged at a parent node in between (§12.4.3.1).
    case unmergedLeafIsKnownBetween
    // MARK: Key packages (§10.1)

    /// The key package is for another version or cipher suite than the group's (§10.1).
    case keyPackageSuiteMatches
    /// The key package's signature is not by its leaf's key (§10.1).
    case keyPackageSignature
    /// The key package has one key for its leaf and its welcome (§10.1).
    case keyPackageInitKeyDiffers
    // MARK: Keys from outside (§8.4, §12.1.4)

    /// A pre-shared key's nonce has not the hash's length (§12.1.4).
    case preSharedKeyNonceHasHashLength
    /// A resumption key of a new group's beginning is proposed in an old one (§12.1.4).
    case preSharedKeyUsageIsApplication
    /// A pre-shared key is proposed twice (§12.2).
    case preSharedKeyIsUnique
    /// A welcome names more than one group of origin (§12.4.3.1).
    case preSharedKeyOfOriginIsSole
    // MARK: Lists of proposals (§12.1, §12.2)

    /// A Remove names a leaf without a member (§12.1.3).
    case removeNamesMember
    /// The committer covers its own Update (§12.2).
    case committerDoesNotUpdate
    /// The committer removes itself (§12.2).
    case committerDoesNotLeave
    /// A leaf is updated or removed more than once (§12.2).
    case leafIsChangedOnce
    /// A client is added that is a member already, or twice (§12.2).
    case clientIsAddedOnce
    /// The group's extensions are set twice (§12.2).
    case groupContextExtensionsAreSole
    /// A ReInit comes together with other proposals (§12.2).
    case reInitIsAlone
    /// An ExternalInit is in a member's commit (§12.2).
    case externalInitIsExternal
    /// A proposal is of a type that a member does not support (§12.2).
    case proposalTypeIsSupported
    /// A ReInit goes back to an earlier version (§12.1.5).
    case reInitKeepsVersion
    /// The group's new extensions are not supported by all members (§13.4).
    case groupExtensionsAreSupported
    /// The group's new requirements are not met by all members (§12.1.7).
    case requirementsAreMet
    // MARK: Commits (§12.4)

    /// The group is in the last epoch that can be numbered (§8.1).
    case epochHasSuccessor
    /// A commit refers to a proposal that was not seen (§12.4).
    case commitIsAboutKnownProposals
    /// A commit lacks the path that it needs (§12.4).
    case commitHasPath
    /// A path does not have the length of the committer's filtered direct path (§7.5).
    case pathHasFilteredLength
    /// A path uses a key that is in the tree already (§12.4.2).
    case pathKeyIsNew
    /// A path's secrets are not encrypted to exactly those who need them (§7.6).
    case pathCiphertextsMatchResolution
    /// A path's secret does not yield the path's keys (§7.5).
    case pathSecretMatchesKeys
    /// A commit's leaf does not bind the path's keys (§7.9.2).
    case commitParentHashMatches
    // MARK: External commits (§12.2, §12.4.3.2)

    /// An external commit lacks a path (§12.4.3.2).
    case externalCommitHasPath
    /// An external commit refers to proposals of others (§12.4.3.2).
    case externalCommitHasNoReferences
    /// An external commit has not exactly one ExternalInit (§12.2).
    case externalCommitHasOneInit
    /// An external commit removes more than one member (§12.2).
    case externalCommitRemovesOnce
    /// An external commit removes another client than its sender (§12.2).
    case externalCommitRemovesItself
    /// An external commit has proposals that it may not have (§12.2).
    case externalCommitIsPure
    // MARK: Joining (§12.4.3)

    /// The group info's signature is not its signer's (§12.4.3).
    case groupInfoSignature
    /// The group info's signer is no member (§12.4.3.1).
    case groupInfoSignerIsMember
    /// The tree is not the one that the group info names (§12.4.3.1).
    case groupInfoTreeHash
    /// The group info is of another version or cipher suite (§12.4.3.1).
    case groupInfoSuiteMatches
    /// The welcome's group info does not decrypt (§12.4.3.1).
    case welcomeDecrypts
    /// The tree has no leaf like the key package's (§12.4.3.1).
    case welcomeNamesOwnLeaf
    /// The welcome's path secret does not yield the tree's keys (§12.4.3.1).
    case welcomePathSecretMatchesKeys
    /// The group uses an extension that is not supported here (§13.4).
    case joinerSupportsGroupExtensions
    /// The client is a member of the group already (§12.4.3).
    case groupIsNew
    // MARK: New groups from old ones (§11.2, §11.3)

    /// A group that comes of another does not begin with epoch 1 (§12.4.3.1).
    case originEpochIsOne
    /// The new group is not the one that the ReInit announced (§11.2).
    case reInitParametersMatch
    /// The new group lacks a member of the old one (§12.4.3.1).
    case reInitKeepsMembers
    /// The branch is of another version or cipher suite than its group (§11.3).
    case branchKeepsSuite
    /// The branch has a member whom its group does not have (§11.3).
    case branchHasOldMembers
}

extension ValidationRule {
    /// The section of RFC 9420 that states it.
    public var section: String { statement.section }

    /// What is wrong with a message that breaks it.
    public var sentence: String { statement.sentence }

    private var statement: (section: String, sentence: String) {
        switch self {
        case .framedContentSignature: ("§6.1", "the message's signature is not its sender's")
        case .membershipTag: ("§6.2", "the membership tag is not that of a member")
        case .confirmationTag: ("§6.1", "the confirmation tag does not confirm the new epoch")
        case .senderIsMember: ("§6.3.2", "the sender is no member of the group")
        case .externalSenderIsListed: ("§12.1.8.1", "the external sender is not one that the group lists")
        case .externalSenderOnlyProposes: ("§6.1", "an external sender sent something other than a proposal")
        case .externalProposalIsAllowed:
            ("§12.1.8", "an external sender sent a proposal of a type that it may not send")
        case .newMemberProposesItsAdd: ("§6.1", "a newcomer proposed something other than its own Add")
        case .newMemberCommits: ("§6.1", "a newcomer committed with something other than a commit")
        case .applicationIsPrivate: ("§6", "application data came unencrypted")
        case .paddingIsZero: ("§6.3.1", "the padding holds something other than zeros")
        case .senderDataDecrypts: ("§6.3.2", "the sender's data does not decrypt")
        case .contentDecrypts: ("§6.3.1", "the message does not decrypt")
        case .generationIsUnused: ("§9.2", "the message's key was used before")
        case .generationIsNear: ("§14.4", "the message is too far ahead of those before it")
        case .hpkeKeyIsValid: ("§5.1.1", "a public key for encryption is none of the cipher suite")
        case .hpkeDecrypts: ("§5.1.3", "an encrypted secret does not decrypt")
        case .signatureKeyIsValid: ("§5.1.1", "a signature key is none of the cipher suite")
        case .certificateHoldsSignatureKey: ("§5.3", "the signature key is not the one that the certificate holds")
        case .leafSignature: ("§7.3", "a leaf's signature is not by its own key")
        case .leafSupportsVersion: ("§7.2", "a leaf does not list the group's version of the protocol")
        case .leafListsItsExtensions: ("§7.3", "a leaf uses an extension that its capabilities do not list")
        case .leafListsItsCredential: ("§7.2", "a leaf uses a type of credential that its capabilities do not list")
        case .leafMeetsRequirements: ("§7.3", "a leaf lacks a capability that the group requires")
        case .leafSupportsGroupExtensions: ("§13.4", "a leaf does not support an extension of the group")
        case .leafCredentialIsSupported: ("§7.3", "a leaf's type of credential is not supported by all members")
        case .leafSupportsCredentialsInUse: ("§7.3", "a leaf does not support a type of credential that a member has")
        case .leafIsWithinLifetime: ("§7.3", "the present is not within a leaf's lifetime")
        case .leafLifetimeIsAcceptable: ("§7.2", "a leaf's lifetime is longer than the application accepts")
        case .leafSourceIsKeyPackage: ("§7.3", "a key package's leaf does not come from a key package")
        case .leafSourceIsUpdate: ("§7.3", "an update's leaf does not come from an update")
        case .leafSourceIsCommit: ("§7.3", "a commit's leaf does not come from a commit")
        case .updateChangesKey: ("§7.3", "a leaf is replaced by one with the same encryption key")
        case .signatureKeyIsUnique: ("§7.3", "two members have the same signature key")
        case .encryptionKeyIsUnique: ("§7.3", "two nodes have the same encryption key")
        case .parentHashIsValid: ("§7.9.2", "a parent node is not bound by exactly one node below it")
        case .parentKeyIsUnique: ("§12.4.3.1", "a parent node's key occurs elsewhere in the tree")
        case .unmergedLeafIsMemberBelow: ("§12.4.3.1", "an unmerged leaf is no member below its parent node")
        case .unmergedLeafIsKnownBetween: ("§12.4.3.1", "an unmerged leaf is merged at a parent node in between")
        case .keyPackageSuiteMatches:
            ("§10.1", "the key package is for another version or cipher suite than the group's")
        case .keyPackageSignature: ("§10.1", "the key package's signature is not by its leaf's key")
        case .keyPackageInitKeyDiffers: ("§10.1", "the key package has one key for its leaf and its welcome")
        case .preSharedKeyNonceHasHashLength: ("§12.1.4", "a pre-shared key's nonce has not the hash's length")
        case .preSharedKeyUsageIsApplication:
            ("§12.1.4", "a resumption key of a new group's beginning is proposed in an old one")
        case .preSharedKeyIsUnique: ("§12.2", "a pre-shared key is proposed twice")
        case .preSharedKeyOfOriginIsSole: ("§12.4.3.1", "a welcome names more than one group of origin")
        case .removeNamesMember: ("§12.1.3", "a Remove names a leaf without a member")
        case .committerDoesNotUpdate: ("§12.2", "the committer covers its own Update")
        case .committerDoesNotLeave: ("§12.2", "the committer removes itself")
        case .leafIsChangedOnce: ("§12.2", "a leaf is updated or removed more than once")
        case .clientIsAddedOnce: ("§12.2", "a client is added that is a member already, or twice")
        case .groupContextExtensionsAreSole: ("§12.2", "the group's extensions are set twice")
        case .reInitIsAlone: ("§12.2", "a ReInit comes together with other proposals")
        case .externalInitIsExternal: ("§12.2", "an ExternalInit is in a member's commit")
        case .proposalTypeIsSupported: ("§12.2", "a proposal is of a type that a member does not support")
        case .reInitKeepsVersion: ("§12.1.5", "a ReInit goes back to an earlier version")
        case .groupExtensionsAreSupported: ("§13.4", "the group's new extensions are not supported by all members")
        case .requirementsAreMet: ("§12.1.7", "the group's new requirements are not met by all members")
        case .epochHasSuccessor: ("§8.1", "the group is in the last epoch that can be numbered")
        case .commitIsAboutKnownProposals: ("§12.4", "a commit refers to a proposal that was not seen")
        case .commitHasPath: ("§12.4", "a commit lacks the path that it needs")
        case .pathHasFilteredLength: ("§7.5", "a path does not have the length of the committer's filtered direct path")
        case .pathKeyIsNew: ("§12.4.2", "a path uses a key that is in the tree already")
        case .pathCiphertextsMatchResolution:
            ("§7.6", "a path's secrets are not encrypted to exactly those who need them")
        case .pathSecretMatchesKeys: ("§7.5", "a path's secret does not yield the path's keys")
        case .commitParentHashMatches: ("§7.9.2", "a commit's leaf does not bind the path's keys")
        case .externalCommitHasPath: ("§12.4.3.2", "an external commit lacks a path")
        case .externalCommitHasNoReferences: ("§12.4.3.2", "an external commit refers to proposals of others")
        case .externalCommitHasOneInit: ("§12.2", "an external commit has not exactly one ExternalInit")
        case .externalCommitRemovesOnce: ("§12.2", "an external commit removes more than one member")
        case .externalCommitRemovesItself: ("§12.2", "an external commit removes another client than its sender")
        case .externalCommitIsPure: ("§12.2", "an external commit has proposals that it may not have")
        case .groupInfoSignature: ("§12.4.3", "the group info's signature is not its signer's")
        case .groupInfoSignerIsMember: ("§12.4.3.1", "the group info's signer is no member")
        case .groupInfoTreeHash: ("§12.4.3.1", "the tree is not the one that the group info names")
        case .groupInfoSuiteMatches: ("§12.4.3.1", "the group info is of another version or cipher suite")
        case .welcomeDecrypts: ("§12.4.3.1", "the welcome's group info does not decrypt")
        case .welcomeNamesOwnLeaf: ("§12.4.3.1", "the tree has no leaf like the key package's")
        case .welcomePathSecretMatchesKeys: ("§12.4.3.1", "the welcome's path secret does not yield the tree's keys")
        case .joinerSupportsGroupExtensions: ("§13.4", "the group uses an extension that is not supported here")
        case .groupIsNew: ("§12.4.3", "the client is a member of the group already")
        case .originEpochIsOne: ("§12.4.3.1", "a group that comes of another does not begin with epoch 1")
        case .reInitParametersMatch: ("§11.2", "the new group is not the one that the ReInit announced")
        case .reInitKeepsMembers: ("§12.4.3.1", "the new group lacks a member of the old one")
        case .branchKeepsSuite: ("§11.3", "the branch is of another version or cipher suite than its group")
        case .branchHasOldMembers: ("§11.3", "the branch has a member whom its group does not have")
        }
    }
}
