import MLS
import MLSWire

/// One of each thing that is sent: it must be readable, and give the same bytes again.
struct MessagesVector: VectorEntry {
    let mlsWelcome: HexBytes
    let mlsGroupInfo: HexBytes
    let mlsKeyPackage: HexBytes
    let ratchetTree: HexBytes
    let groupSecrets: HexBytes
    let addProposal: HexBytes
    let updateProposal: HexBytes
    let removeProposal: HexBytes
    let preSharedKeyProposal: HexBytes
    let reInitProposal: HexBytes
    let externalInitProposal: HexBytes
    let groupContextExtensionsProposal: HexBytes
    let commit: HexBytes
    let publicMessageApplication: HexBytes
    let publicMessageProposal: HexBytes
    let publicMessageCommit: HexBytes
    let privateMessage: HexBytes

    static var hasCipherSuite: Bool { false }

    func check() throws {
        try check("mls_welcome", mlsWelcome, .welcome)
        try check("mls_group_info", mlsGroupInfo, .groupInfo)
        try check("mls_key_package", mlsKeyPackage, .keyPackage)
        _ = try ratchetTree.decoded("ratchet_tree", as: TreeNodes.self)
        let secrets = try within("group_secrets") { try GroupSecrets(decoding: groupSecrets.secret) }
        try expect("group_secrets, written again,", secrets.encoded.bytes, is: groupSecrets)
        try check("add_proposal", addProposal, .add)
        try check("update_proposal", updateProposal, .update)
        try check("remove_proposal", removeProposal, .remove)
        try check("pre_shared_key_proposal", preSharedKeyProposal, .preSharedKey)
        try check("re_init_proposal", reInitProposal, .reInit)
        try check("external_init_proposal", externalInitProposal, .externalInit)
        try check("group_context_extensions_proposal", groupContextExtensionsProposal, .groupContextExtensions)
        _ = try commit.decoded("commit", as: Commit.self)
        try check("public_message_application", publicMessageApplication, .publicMessage, .application)
        try check("public_message_proposal", publicMessageProposal, .publicMessage, .proposal)
        try check("public_message_commit", publicMessageCommit, .publicMessage, .commit)
        try check("private_message", privateMessage, .privateMessage)
    }

    private func check(
        _ name: String, _ bytes: HexBytes, _ format: WireFormat, _ content: MLSContentType? = nil
    ) throws {
        let message: MLSMessage = try bytes.decoded(name)
        try expect("wire format of \(name)", message.wireFormat, is: format)
        if case .publicMessage(let message) = message {
            try expect("content of \(name)", message.content.content.type, is: content)
        }
    }

    /// The vectors hold a proposal's content without its type.
    private func check(_ name: String, _ bytes: HexBytes, _ type: ProposalType) throws {
        let proposal: Proposal = try HexBytes(type.encoded + bytes.bytes).decoded(name)
        try expect("type of \(name)", proposal.type, is: type)
    }
}
