package import Chat
import ChatWire
package import MLS
package import MLSWire
import Synchronization

/// The authentication service of the product (RFC 9420 §5.3.1): a credential is a chain of certificates of the deployment's authority,
/// and names a device, `alice/laptop`.
///
/// What is asked of a certificate depends on where it is shown:
///
/// | shown by | must be |
/// |---|---|
/// | a member, to a device that joins | genuine |
/// | a newcomer | genuine, within its validity and not revoked, at ``moment`` or now |
/// | a member that replaces its leaf | the same, but passes while the revocation list here is out of date |
/// | a server, as an external sender | genuine and a server's; expired passes, revoked does not |
///
/// A member whose certificate has lapsed since it was added is not refused: whoever joins must see the group as it is, and could not join
/// at all otherwise. It is shown as what it is (``certificate(of:)``), and removing it is the room's business. A server's certificate is
/// named when the room is founded, and a room outlives it. A list that is out of date here says nothing against a member that the others
/// go on with, so its update is taken; a newcomer waits until there is a new list.
///
/// Members must agree on what they accept, or they part ways. Revocation and expiry depend on when one looks, and a device that was away
/// reads commits long after the others did: ``moment`` says as of when lapses count. The time is the server's word, so a server that
/// works together with a revoked device could backdate what that device does, for those who were away; they see it among the members
/// with its lapse all the same.
///
/// Judgements are kept for ``window`` seconds, so that joining many rooms with the same 500 members costs 500 checks, not thousands.
package final class DeviceValidator: CredentialValidator {
    private let judge: CertificateJudgement
    private let clock: @Sendable () -> Int64
    private let memory: Mutex<Memory>

    /// For how long a judgement holds, in seconds: the revocation list may go out of date.
    package static let window: Int64 = 300
    /// The most judgements that are kept.
    package static let capacity = 8_192

    private struct Question: Hashable {
        var chain: Digest
        var subject: CertificatePolicy.Subject
    }

    private struct Memory {
        var moment: Int64?
        var window: Int64 = .min
        var answers: [Question: Result<JudgedCertificate, CertificateRefusal>] = [:]
    }

    /// - Parameters:
    ///   - judge: the authority's check of a chain. When the authority's files are read again it must answer by the new ones, and
    ///     ``forget()`` be called.
    ///   - clock: seconds since 1970.
    package init(judge: @escaping CertificateJudgement, clock: @escaping @Sendable () -> Int64) {
        self.judge = judge
        self.clock = clock
        memory = Mutex(Memory())
    }

    /// As of when validity and revocation count, in seconds since 1970; `nil` for now. It is set to an entry's time while a log is caught up
    /// with.
    package var moment: Int64? {
        get { memory.withLock { $0.moment } }
        set { memory.withLock { $0.moment = newValue } }
    }

    /// Forgets all judgements: the authority's files have changed.
    package func forget() {
        memory.withLock { $0.answers = [:] }
    }

    package func validate(
        _ credential: Credential, key: SignaturePublicKey, for use: CredentialUse
    ) throws(CredentialRefusal) {
        guard case .x509(let chain) = credential else {
            throw CredentialRefusal("a bare name proves nothing; show a certificate of scripts/certs client")
        }
        let certificate: JudgedCertificate
        do throws(CertificateRefusal) {
            certificate = try judgement(of: chain, as: use == .externalSender ? .server : .client)
        } catch {
            throw CredentialRefusal(error.description)
        }
        // The library compared them too, with a parser of its own: two that disagree are a trap.
        guard certificate.key == key.bytes else {
            throw CredentialRefusal(
                "the key is not that of the certificate; restart that client with the key that belongs to it")
        }
        let now = moment ?? clock()
        switch use {
        case .member: return
        case .newMember, .update:
            if let lapse = certificate.lapse(at: now, passesUnknown: use == .update) { throw CredentialRefusal(lapse) }
        case .externalSender:
            if case .since(let time) = certificate.revocation, now >= time, let lapse = certificate.lapse(at: now) {
                throw CredentialRefusal(lapse)
            }
        }
    }

    /// The identity, `alice/laptop`. A credential that names no device is only the same as itself.
    package func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] {
        if let identity = identity(of: credential) { return Array(identity.description.utf8) }
        return [0] + Digest(of: credential.encoded).bytes
    }

    /// Whether both name the same device: a renewed certificate, or one for a new key.
    package func isSuccessor(_ credential: Credential, of old: Credential) -> Bool {
        guard let identity = identity(of: credential) else { return false }
        return identity == self.identity(of: old)
    }

    /// The device that a genuine certificate names; `nil` for any other credential.
    package func identity(of credential: Credential) -> PeerIdentity? { certificate(of: credential)?.identity }

    /// What a device's certificate says, lapsed or not; `nil` if it is not genuine.
    package func certificate(of credential: Credential) -> JudgedCertificate? {
        guard case .x509(let chain) = credential else { return nil }
        return try? judgement(of: chain, as: .client)
    }

    /// - Throws: ``CertificateRefusal`` unless the chain is genuine.
    package func judgement(
        of chain: [[UInt8]], as subject: CertificatePolicy.Subject
    ) throws(CertificateRefusal) -> JudgedCertificate {
        try CertificatePolicy.checkSize(ofChain: chain)
        let question = Question(chain: Self.digest(chain), subject: subject)
        let now = clock()
        let window = now - now % Self.window
        let known = memory.withLock { memory in
            if memory.window != window {
                memory.window = window
                memory.answers = [:]
            }
            return memory.answers[question]
        }
        if let known { return try known.get() }
        let answer: Result<JudgedCertificate, CertificateRefusal>
        do throws(CertificateRefusal) { answer = .success(try judge(chain, subject)) } catch {
            answer = .failure(error)
        }
        memory.withLock { memory in
            if memory.answers.count >= Self.capacity { memory.answers = [:] }
            memory.answers[question] = answer
        }
        return try answer.get()
    }

    /// The whole chain counts: with another authority in between the same leaf may be refused.
    private static func digest(_ chain: [[UInt8]]) -> Digest {
        Digest(of: Credential.x509(certificates: chain).encoded)
    }
}
