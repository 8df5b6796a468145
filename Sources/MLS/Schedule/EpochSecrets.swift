package import Crypto

/// The secrets of an epoch (RFC 9420 §8). The one of the message keys is not here: the secret tree consumes it.
package struct EpochSecrets: Sendable {
    package let senderData: SymmetricKey
    package let exporter: SymmetricKey
    package let external: SymmetricKey
    package let confirmation: SymmetricKey
    package let membership: SymmetricKey
    package let resumption: SymmetricKey
    package let authenticator: SymmetricKey
    package let initial: SymmetricKey

    /// `joiner_secret`: what all members of the new epoch have in common before keys from outside enter.
    package static func joiner(
        _ suite: CipherSuite, initial: SymmetricKey, commit: SymmetricKey, context: [UInt8]
    ) -> SymmetricKey {
        suite.expand(
            suite.hash.extract(salt: initial, commit), "joiner", context: context, length: suite.hash.byteCount)
    }

    /// `welcome_secret`.
    package static func welcome(_ suite: CipherSuite, joiner: SymmetricKey, psk: SymmetricKey) -> SymmetricKey {
        suite.derive(suite.hash.extract(salt: joiner, psk), "welcome")
    }

    /// `epoch_secret`.
    package static func epoch(
        _ suite: CipherSuite, joiner: SymmetricKey, psk: SymmetricKey, context: [UInt8]
    ) -> SymmetricKey {
        suite.expand(suite.hash.extract(salt: joiner, psk), "epoch", context: context, length: suite.hash.byteCount)
    }

    /// All of an epoch's secrets, and the root of its secret tree.
    package static func derive(_ suite: CipherSuite, epoch: SymmetricKey) -> (EpochSecrets, encryption: SymmetricKey) {
        let secrets = EpochSecrets(
            senderData: suite.derive(epoch, "sender data"), exporter: suite.derive(epoch, "exporter"),
            external: suite.derive(epoch, "external"), confirmation: suite.derive(epoch, "confirm"),
            membership: suite.derive(epoch, "membership"), resumption: suite.derive(epoch, "resumption"),
            authenticator: suite.derive(epoch, "authentication"), initial: suite.derive(epoch, "init"))
        return (secrets, suite.derive(epoch, "encryption"))
    }

    /// `MLS-Exporter` (§8.5), for `0...255 × Nh` bytes.
    package func export(_ suite: CipherSuite, label: String, context: [UInt8], length: Int) -> SymmetricKey {
        guard length > 0 else { return SymmetricKey(data: [UInt8]()) }
        return suite.expand(
            suite.derive(exporter, label), "exported", context: suite.hash.digest(context), length: length)
    }

    /// The key pair that the whole group shares, to which newcomers encrypt (§8.3).
    package func externalKey(_ suite: CipherSuite) -> HPKEPrivateKey {
        HPKEPrivateKey(deriving: external, suite: suite)
    }
}
