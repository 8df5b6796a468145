import Chat
import ChatClient
import Crypto
import Glibc
import MLS
import MLSWire
import Synchronization

@testable import TLSTransport

/// A deployment whose devices meet in rooms: an authority, and the clock and judge of one device.
final class DeviceWorld: Sendable {
    let root: TestIdentity
    let validator: DeviceValidator
    private let state: Mutex<State>

    private struct State {
        var judge: CertificateJudge
        var calls = 0
        /// Seconds that the device's clock is ahead.
        var lead: Int64 = 0
    }

    init() throws {
        root = try .selfSigned(ClientWorld.rootRecipe)
        let state = Mutex(State(judge: try Self.judge(root, revoked: [])))
        self.state = state
        let link = Link()
        validator = DeviceValidator(
            judge: { (chain, subject) throws(CertificateRefusal) in
                guard let world = link.world else { throw CertificateRefusal("the test is over") }
                return try world.judgement(chain, subject)
            },
            clock: { link.world?.now ?? 0 })
        link.world = self
    }

    /// Set once in ``init()``, before anyone else has it.
    private final class Link: @unchecked Sendable { weak var world: DeviceWorld? }

    private static func judge(_ root: TestIdentity, revoked: [TestIdentity]) throws -> CertificateJudge {
        let folder = try CertificateFolder()
        try folder.write(root.pem, to: "ca.pem")
        try folder.write(root.revocationList(of: revoked), to: "crl.pem")
        return try CertificateJudge(folder.client(), now: Int64(time(nil)))
    }

    private func judgement(
        _ chain: [[UInt8]], _ subject: CertificatePolicy.Subject
    ) throws(CertificateRefusal) -> JudgedCertificate {
        let judge = state.withLock {
            $0.calls += 1
            return $0.judge
        }
        return try judge.judge(chain, as: subject)
    }

    var now: Int64 { Int64(time(nil)) + state.withLock { $0.lead } }
    /// How many chains were judged.
    var calls: Int { state.withLock { $0.calls } }

    func advance(days: Int64) { state.withLock { $0.lead += days * CertificateRecipe.day } }

    /// The revocation list has gone out of date since it was loaded.
    func outdateList() throws {
        let folder = try CertificateFolder()
        try folder.write(root.pem, to: "ca.pem")
        try folder.write(root.revocationList(validity: (-7_200, -3_600)), to: "crl.pem")
        let judge = try CertificateJudge(folder.client(), now: Int64(time(nil)) - 5_000)
        state.withLock { $0.judge = judge }
        validator.forget()
    }

    /// A new revocation list arrives.
    func revoke(_ identities: TestIdentity...) throws {
        let judge = try Self.judge(root, revoked: identities)
        state.withLock { $0.judge = judge }
        validator.forget()
    }

    /// - Parameter key: one that was certified before.
    func certify(_ name: String, days: Int64 = 60, from: Int64 = -3_600, key: TestKey? = nil) throws -> TestIdentity {
        try root.issue(
            .client("URI:conclave:\(name)").with { $0.validity = (from, days * CertificateRecipe.day - 1) },
            isRoot: true, key: key)
    }

    func device(_ certificate: TestIdentity, key: TestKey? = nil) throws -> DeviceIdentity {
        try DeviceIdentity(chain: certificate.derChain, key: DeviceKey(key ?? certificate.key), validator: validator)
    }

    func client(_ certificate: TestIdentity) throws -> MLSClient { client(try device(certificate)) }

    func client(_ device: DeviceIdentity) -> MLSClient {
        device.client(clock: { [weak self] in UInt64(clamping: self?.now ?? 0) })
    }

    /// A client that shows whatever it is told to, and believes everyone.
    func liar(_ certificate: TestIdentity) throws -> MLSClient {
        MLSClient(
            signer: try DeviceKey(certificate.key).signer, credential: .x509(certificates: try certificate.derChain),
            capabilities: Capabilities(
                cipherSuites: DeviceIdentity.suites, extensions: [.lastResort, .roomPolicy], credentials: [.x509]),
            validator: Gullible(), clock: { [weak self] in UInt64(clamping: self?.now ?? 0) })
    }
}

extension TestIdentity {
    var derChain: [[UInt8]] { get throws { try ([self] + chain).map { try $0.encoding } } }
}

extension DeviceKey {
    init(_ key: TestKey) throws {
        var pem = Array(try key.pem.utf8)
        try self.init(wiping: &pem, file: "test.key")
    }
}

/// Believes every certificate.
struct Gullible: CredentialValidator {
    func validate(_: Credential, key: SignaturePublicKey, for: CredentialUse) throws(CredentialRefusal) {}
    func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] { credential.encoded }
    func isSuccessor(_: Credential, of: Credential) -> Bool { true }
}

/// A server's key, for what it proposes to groups.
struct ServerSigner: Signer {
    let context: TLSContext
    var publicKey: SignaturePublicKey { SignaturePublicKey(bytes: context.publicKey) }

    func signature(of content: [UInt8]) throws(MLSError) -> [UInt8] {
        do throws(TLSSigningFailure) { return try context.sign(content) } catch { throw .misuse(.signerMismatch) }
    }

    /// As the group's extension names it.
    var sender: ExternalSender {
        ExternalSender(signatureKey: publicKey, credential: .x509(certificates: context.certificateChain))
    }
}
