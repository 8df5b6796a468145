public import MLSWire

/// Proposals from outside of a group (RFC 9420 §12.1.8). They are sent in the clear.
public enum ExternalProposal {
    /// A proposal of one of the group's `external_senders`.
    /// - Parameters:
    ///   - proposal: an Add, a Remove, a PreSharedKey, a ReInit or GroupContextExtensions.
    ///   - epoch: the group's present one; in another nobody takes it.
    ///   - sender: the proposer's number in that list.
    ///   - signer: with the key that the list has under that number.
    public static func make(
        _ proposal: Proposal, for group: GroupID, epoch: UInt64, sender: UInt32, signer: any Signer
    ) throws(MLSError) -> MLSMessage {
        try require(.externalProposalIsAllowed, proposal.isAllowedFromOutside)
        return try sign(
            FramedContent(groupID: group, epoch: epoch, sender: .external(index: sender), content: .proposal(proposal)),
            signer)
    }

    /// A client's proposal that it be added itself.
    public static func add(
        _ package: KeyPackage, to group: GroupID, epoch: UInt64, signer: any Signer
    ) throws(MLSError) -> MLSMessage {
        guard signer.publicKey == package.leafNode.signatureKey else { throw .misuse(.signerMismatch) }
        return try sign(
            FramedContent(
                groupID: group, epoch: epoch, sender: .newMemberProposal, content: .proposal(.add(package))),
            signer)
    }

    private static func sign(_ content: FramedContent, _ signer: any Signer) throws(MLSError) -> MLSMessage {
        let signed = try MessageProtection.sign(content, as: .publicMessage, context: [], with: signer)
        return .publicMessage(PublicMessage(content: signed.content, auth: signed.auth))
    }
}
