import Crypto
import MLS
import MLSWire

/// What a welcome is made of.
struct WelcomeParts {
    let next: NextEpoch
    let tree: RatchetTree
    let tag: MACTag
    let path: NewPath?
    let preShared: SymmetricKey
    let preSharedKeys: [PreSharedKeyID]
    let newcomers: [(leaf: LeafIndex, package: KeyPackage)]
    let signer: LeafIndex
}

extension Forger {
    /// A welcome, valid but for what the forgery changes.
    func welcome(_ parts: WelcomeParts, _ forgery: Forgery) throws -> Welcome {
        let info = try groupInfo(
            context: parts.next.state.group.context, tree: parts.tree, tag: parts.tag, signer: parts.signer, forgery)
        let key = WelcomeKey(
            suite,
            forgery.welcomeSecret
                ?? EpochSecrets.welcome(suite, joiner: parts.next.joiner, psk: parts.preShared))
        let sealedInfo = suite.aead.seal(info.encoded, key: key.key, nonce: key.nonce, authenticating: [])
        var secrets: [EncryptedGroupSecrets] = []
        for (leaf, package) in parts.newcomers {
            let meeting = TreeMath.commonAncestor(parts.signer.value * 2, leaf.value * 2)
            let own = forgery.secrets(
                GroupSecrets(
                    joiner: parts.next.joiner, path: parts.path?.secrets.nodes.first { $0.node == meeting }?.secret,
                    preSharedKeys: parts.preSharedKeys))
            var sealed = try suite.encrypt(
                own.encoded, to: package.initKey, label: "Welcome", context: sealedInfo)
            try forgery.sealedSecrets(&sealed)
            secrets.append(
                EncryptedGroupSecrets(newMember: suite.reference(to: package), encryptedGroupSecrets: sealed))
        }
        return Welcome(cipherSuite: suite.code, secrets: secrets, encryptedGroupInfo: sealedInfo)
    }

    /// A group info that holds the tree, and invites if `externalKey` is given.
    func groupInfo(
        context: GroupContext, tree: RatchetTree, tag: MACTag, signer: LeafIndex, _ forgery: Forgery,
        externalKey: HPKEPublicKey? = nil
    ) throws -> GroupInfo {
        var extensions = Extensions.with(.ratchetTree, tree.treeNodes.encoded)
        extensions[.externalPub] = externalKey?.encoded
        var info = GroupInfo(context: context, extensions: extensions, confirmationTag: tag, signer: signer)
        try forgery.info(&info)
        info.signature = try (forgery.infoSigner ?? client.signer).sign(info.toBeSigned, label: "GroupInfoTBS")
        return info
    }

    /// The present epoch, as an invitation to join without being added.
    func invitation(_ edit: Edit<Forgery> = { _ in }) throws -> GroupInfo {
        var forgery = Forgery()
        try edit(&forgery)
        return try groupInfo(
            context: old.context, tree: old.tree, tag: old.confirmationTag, signer: sender.member ?? LeafIndex(0),
            forgery, externalKey: secrets.externalKey(suite).publicKey)
    }
}
