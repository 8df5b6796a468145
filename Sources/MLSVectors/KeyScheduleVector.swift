import MLS
import MLSWire

/// The secrets of one epoch after another.
struct KeyScheduleVector: VectorEntry {
    let cipherSuite: UInt16
    let groupId: HexBytes
    let initialInitSecret: HexBytes
    let epochs: [Epoch]

    struct Epoch: Decodable {
        let treeHash: HexBytes
        let commitSecret: HexBytes
        let pskSecret: HexBytes?
        let confirmedTranscriptHash: HexBytes
        let groupContext: HexBytes
        let joinerSecret: HexBytes
        let welcomeSecret: HexBytes
        let initSecret: HexBytes
        let senderDataSecret: HexBytes
        let encryptionSecret: HexBytes
        let exporterSecret: HexBytes
        let epochAuthenticator: HexBytes
        let externalSecret: HexBytes
        let confirmationKey: HexBytes
        let membershipKey: HexBytes
        let resumptionPsk: HexBytes
        let externalPub: HexBytes
        let exporter: Exporter
    }

    struct Exporter: Decodable {
        let label: String
        let context: HexBytes
        let length: Int
        let secret: HexBytes
    }

    func check() throws {
        let suite = try cipherSuite.cipherSuite()
        var initial = initialInitSecret.secret
        for (number, epoch) in epochs.enumerated() {
            try within("epoch \(number)") {
                let context = GroupContext(
                    cipherSuite: suite.code, groupID: groupId.groupID, epoch: UInt64(number),
                    treeHash: epoch.treeHash.bytes, confirmedTranscriptHash: epoch.confirmedTranscriptHash.bytes
                ).encoded
                try expect("group_context", context, is: epoch.groupContext)
                let joiner = EpochSecrets.joiner(
                    suite, initial: initial, commit: epoch.commitSecret.secret, context: context)
                try expect("joiner_secret", joiner.bytes, is: epoch.joinerSecret)
                let psk = epoch.pskSecret?.secret ?? suite.zeroSecret
                try expect(
                    "welcome_secret", EpochSecrets.welcome(suite, joiner: joiner, psk: psk).bytes,
                    is: epoch.welcomeSecret)
                let (secrets, encryption) = EpochSecrets.derive(
                    suite, epoch: EpochSecrets.epoch(suite, joiner: joiner, psk: psk, context: context))
                try expect("encryption_secret", encryption.bytes, is: epoch.encryptionSecret)
                try epoch.check(secrets, suite)
                initial = secrets.initial
            }
        }
    }
}

extension KeyScheduleVector.Epoch {
    func check(_ secrets: EpochSecrets, _ suite: CipherSuite) throws {
        try expect("init_secret", secrets.initial.bytes, is: initSecret)
        try expect("sender_data_secret", secrets.senderData.bytes, is: senderDataSecret)
        try expect("exporter_secret", secrets.exporter.bytes, is: exporterSecret)
        try expect("epoch_authenticator", secrets.authenticator.bytes, is: epochAuthenticator)
        try expect("external_secret", secrets.external.bytes, is: externalSecret)
        try expect("confirmation_key", secrets.confirmation.bytes, is: confirmationKey)
        try expect("membership_key", secrets.membership.bytes, is: membershipKey)
        try expect("resumption_psk", secrets.resumption.bytes, is: resumptionPsk)
        try expect("external_pub", secrets.externalKey(suite).publicKey.bytes, is: externalPub)
        try expect(
            "exporter.length is \(exporter.length), outside of 0...\(255 * suite.hash.byteCount)",
            (0...255 * suite.hash.byteCount).contains(exporter.length))
        let exported = secrets.export(
            suite, label: exporter.label, context: exporter.context.bytes, length: exporter.length)
        try expect("exporter.secret", exported.bytes, is: exporter.secret)
    }
}
