package import Chat
package import MLS
package import MLSWire

/// Who this device is in its rooms: its certificate, and the key that belongs to it.
package struct DeviceIdentity: Sendable {
    package let identity: PeerIdentity
    /// In DER, its own first.
    package let chain: [[UInt8]]
    package let certificate: JudgedCertificate
    package let signer: any Signer
    /// What it founds groups with: the strength of its key.
    package let suite: MLSCipherSuite
    package let validator: DeviceValidator

    /// - Throws: ``DeviceIdentityError`` if the others would not accept it.
    package init(
        chain: [[UInt8]], key: DeviceKey, validator: DeviceValidator
    ) throws(DeviceIdentityError) {
        let credential = Credential.x509(certificates: chain)
        let certificate: JudgedCertificate
        do throws(CertificateRefusal) {
            certificate = try validator.judgement(of: chain, as: .client)
        } catch {
            throw .refused(error.description)
        }
        guard let identity = certificate.identity else { throw .refused("the certificate names no device") }
        guard certificate.key == key.signer.publicKey.bytes else { throw .otherKey(identity) }
        do throws(CredentialRefusal) {
            try validator.validate(credential, key: key.signer.publicKey, for: .newMember)
        } catch {
            throw .refused(error.reason)
        }
        self.identity = identity
        self.chain = chain
        self.certificate = certificate
        signer = key.signer
        suite = key.suite
        self.validator = validator
    }

    package var credential: Credential { .x509(certificates: chain) }

    /// The suites that a device can use: those whose signatures a certificate of our policy can make.
    package static let suites: [MLSCipherSuite] = [.p256AES128, .p384AES256]

    /// This device as the library knows it.
    /// - Parameter clock: seconds since 1970.
    package func client(
        policy: GroupPolicy = GroupPolicy(), clock: @escaping @Sendable () -> UInt64
    ) -> MLSClient {
        MLSClient(
            signer: signer, credential: credential,
            capabilities: Capabilities(
                cipherSuites: Self.suites, extensions: [.lastResort, .roomPolicy], credentials: [.x509]),
            validator: validator, policy: policy, clock: clock)
    }
}

extension ExtensionType {
    /// A room's policy, in the group's context: a `RoomPolicy`. From the range for private use (RFC 9420 §17.3).
    package static let roomPolicy = Self(rawValue: 0xF0CC)
}

/// Why a device cannot take part in rooms. Each says what to do.
package enum DeviceIdentityError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Its certificate; the sentence says why.
    case refused(String)
    case otherKey(PeerIdentity)

    package var description: String {
        switch self {
        case .refused(let sentence): sentence
        case .otherKey(let identity):
            "the key of \(identity) is not that of its certificate; put the right one back, or make both again: "
                + "scripts/certs revoke \(identity), then scripts/certs client \(identity.user) --device \(identity.device)"
        }
    }
}
