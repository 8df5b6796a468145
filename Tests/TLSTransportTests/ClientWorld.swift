import COpenSSL
import Chat
import Glibc

@testable import TLSTransport

/// A deployment with a server of ours, and every authority that a dubious client may come from.
final class ClientWorld: Sendable {
    let root: TestIdentity
    /// Trusted to build chains, with a revocation list.
    let intermediate: TestIdentity
    let revokedIntermediate: TestIdentity
    let expiredIntermediate: TestIdentity
    let constrainedIntermediate: TestIdentity
    /// A trusted authority that may have no intermediates.
    let narrowRoot: TestIdentity
    let server: TestServer
    let revokedClient: TestIdentity
    /// The server's authorities and revocation lists, for another context.
    let authorities: [TestIdentity]

    static let shared = Task { try await ClientWorld() }

    static let rootRecipe = CertificateRecipe.authority("Test Authority").setting(
        "subjectKeyIdentifier", "A1B2C3D4E5F60718")

    private init() async throws {
        root = try .selfSigned(Self.rootRecipe)
        narrowRoot = try .selfSigned(
            .authority("Narrow Authority").setting("basicConstraints", "critical,CA:TRUE,pathlen:0"))
        intermediate = try root.issue(.intermediate("Intermediate"), isRoot: true)
        revokedIntermediate = try root.issue(.intermediate("Revoked Intermediate"), isRoot: true)
        expiredIntermediate = try root.issue(
            .intermediate("Expired Intermediate").with { $0.validity = (-7_200, -3_600) }, isRoot: true)
        constrainedIntermediate = try root.issue(
            .intermediate("Constrained Intermediate")
                .setting("nameConstraints", "critical,permitted;DNS:example.org,excluded;DNS:bad.example"),
            isRoot: true)
        revokedClient = try root.issue(.client(), isRoot: true)
        authorities = [
            root, intermediate, revokedIntermediate, expiredIntermediate, constrainedIntermediate, narrowRoot,
        ]
        let lists = try Self.lists(authorities, revoked: [revokedClient, revokedIntermediate])
        let identity = try root.issue(.server(), isRoot: true)
        server = try await .start(
            CertificateFolder.context(.server, identity, authorities: authorities, lists: lists))
    }

    /// A list of each authority; only the root has revoked anything.
    static func lists(_ authorities: [TestIdentity], revoked: [TestIdentity]) throws -> [String] {
        try authorities.enumerated().map { try $1.revocationList(of: $0 == 0 ? revoked : []) }
    }

    func client(_ recipe: CertificateRecipe = .client()) throws -> TestIdentity {
        try root.issue(recipe, isRoot: true)
    }

    /// What the server thinks of a certificate, asked without a connection.
    func judgement(of identity: TestIdentity) throws -> String {
        let certificate = try parsed(identity)
        return server.context.verify(certificate).map { "\($0)" } ?? "accepted"
    }

    /// The same of an encoded certificate, which may be none.
    func judgement(ofEncoding bytes: [UInt8]) throws -> String {
        let x509 = bytes.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_X509(nil, &start, buffer.count)
        }
        ERR_clear_error()
        guard let x509 else { return "no certificate" }
        return server.context.verify(Certificate(owning: x509)).map { "\($0)" } ?? "accepted"
    }

    private func parsed(_ identity: TestIdentity) throws -> Certificate {
        let folder = try CertificateFolder()
        try folder.write(identity, as: "leaf")
        guard let certificate = try PEMFile(folder.url.path + "/leaf.pem", remedy: "").nextCertificate() else {
            throw LibraryFailure()
        }
        return certificate
    }
}
