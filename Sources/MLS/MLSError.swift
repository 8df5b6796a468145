public import MLSWire
public import TLSSyntax

/// Why the library refused. The cases are grouped by who erred; none carries a secret.
public enum MLSError: Error, Hashable, Sendable {
    // MARK: The peer broke the protocol

    /// Bytes that are not what they should be.
    case malformed(SyntaxError)
    /// A message breaks a rule of RFC 9420. Nothing changed by it.
    case invalid(ValidationRule)
    /// The application's validator refused a credential; the reason is its own.
    case credentialRefused(String)

    // MARK: The peer uses what is not supported here

    /// A cipher suite other than 1, 2, 3, 5 and 7.
    case unsupportedCipherSuite(MLSCipherSuite)

    // MARK: The message is not for this state

    /// It belongs to another group.
    case otherGroup(GroupID)
    /// It belongs to an epoch that is over, and whose keys are gone (or which it may not use any more).
    case pastEpoch(UInt64)
    /// It belongs to an epoch that this member has not seen begin: the only proof of having missed a commit.
    case futureEpoch(UInt64)
    /// No entry of the welcome is for this key package.
    case notForThisKeyPackage

    /// The application's policy does not allow what the message does.
    case refusedByPolicy(PolicyRefusal)

    /// What a policy forbids.
    public enum PolicyRefusal: String, Sendable, Hashable {
        case externalCommit = "clients may not join this group by themselves"
        case tooManyProposals = "too many proposals wait for a commit"
    }

    // MARK: Something is missing

    /// The private key of a leaf that this member proposed is gone.
    case missingUpdateKey

    /// A pre-shared key that the message needs is not known here.
    case missingPreSharedKey(PreSharedKeyID)
    /// The tree came neither with the message nor beside it.
    case missingRatchetTree

    // MARK: The caller erred

    /// The call cannot be done as it was made.
    case misuse(Misuse)

    /// What a caller may not do.
    public enum Misuse: String, Sendable, Hashable {
        case tooLong = "more bytes than a message can hold"
        case exportLength = "an exported secret has 0 to 255 times the hash's length"
        case notAMember = "this member was removed from the group"
        case groupIsClosed = "the group was reinitialised; go on in the new one"
        case groupIsOpen = "the group was not reinitialised"
        case pendingProposals = "proposals are waiting: commit them before sending"
        case signerMismatch = "the signer's key is not that of the leaf or of the cipher suite"
        case lifetime = "a key package needs a lifetime that contains the present"
        case noExternalKey = "the group info does not invite external joins: it has no external_pub"
        case snapshot = "the snapshot is not one of this version of the library"
        case otherEpoch = "the staged epoch does not follow the one that the group is in"
        case lastMember = "the only member of a group cannot leave it"
        case notASubset = "a branch has members of the group only"
        case notTheSameMembers = "the new group has the members of the old one"
        case notFramed = "welcomes, group infos and key packages are not received by a group"
        case updateInCommit = "a commit with a path updates the committer's leaf; an Update can only be proposed"
        case sendLimit = "this epoch has no message left: commit first"
    }

    static func decoding<Value>(_ body: () throws(SyntaxError) -> Value) throws(MLSError) -> Value {
        do throws(SyntaxError) { return try body() } catch { throw .malformed(error) }
    }
}

extension MLSError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let error): "malformed message: \(error)"
        case .invalid(let rule): "\(rule.sentence) (RFC 9420 \(rule.section))"
        case .credentialRefused(let reason): "credential refused: \(reason)"
        case .unsupportedCipherSuite(let suite): "cipher suite \(suite) is not supported"
        case .otherGroup: "the message belongs to another group"
        case .pastEpoch(let epoch): "the message belongs to epoch \(epoch), which is over"
        case .futureEpoch(let epoch): "the message belongs to epoch \(epoch), whose beginning was missed"
        case .notForThisKeyPackage: "the welcome is not for this key package"
        case .missingPreSharedKey: "a pre-shared key is not known here"
        case .missingRatchetTree: "the group's tree is missing: it came neither with the message nor beside it"
        case .refusedByPolicy(let refusal): refusal.rawValue
        case .missingUpdateKey: "the private key of a leaf that was proposed here is gone"
        case .misuse(let misuse): misuse.rawValue
        }
    }
}
