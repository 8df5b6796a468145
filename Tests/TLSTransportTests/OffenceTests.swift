import COpenSSL
import Testing

@testable import TLSTransport

@Suite("What a peer did wrong")
struct OffenceTests {
    private func offence(_ change: (inout TLSEvidence) -> Void) -> TLSOffence? {
        var evidence = TLSEvidence()
        change(&evidence)
        return TLSCloseReason.tls(TLSFailure(role: .server, evidence: evidence)).offence
    }

    private func verification(_ code: Int32) -> VerificationFailure {
        VerificationFailure(
            code: code, depth: 0, name: "bob/laptop", subject: .client, validity: 0...1_000, now: 500)
    }

    @Test(
        "is a certificate that was refused for what it is",
        arguments: [
            X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_REVOKED, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_INVALID_PURPOSE,
        ])
    func certificate(code: Int32) {
        #expect(offence { $0.verification = verification(code) } == .badCertificate)
    }

    @Test(
        "is not that our revocation list is out of date, or that memory is short",
        arguments: [X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_OUT_OF_MEM])
    func ownFault(code: Int32) {
        #expect(offence { $0.verification = verification(code) } == nil)
    }

    @Test("is no certificate, another's, or something else than a handshake")
    func library() {
        func reason(_ code: Int32) -> TLSOffence? {
            offence { $0.reason = TLSLibraryError(library: ERR_LIB_SSL, reason: code, description: "") }
        }
        #expect(reason(SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) == .noCertificate)
        #expect(reason(SSL_R_BAD_SIGNATURE) == .badCertificate)
        #expect(reason(SSL_R_HTTP_REQUEST) == .badHandshake)
        #expect(reason(SSL_R_UNSUPPORTED_PROTOCOL) == .badHandshake)
        #expect(offence { $0.lacksProtocol = true } == .badHandshake)
        // A network that broke, our own trouble, or somebody who does not trust us.
        #expect(reason(SSL_R_UNEXPECTED_EOF_WHILE_READING) == nil)
        #expect(offence { $0.reason = TLSLibraryError(library: ERR_LIB_SYS, reason: 104, description: "") } == nil)
        #expect(offence { $0.receivedAlert = 48 } == nil)
        #expect(offence { _ in } == nil)
    }

    @Test("is a handshake that never ends or is too long, and nothing that a network or this side does")
    func ends() {
        #expect(TLSCloseReason.handshakeTimeout(seconds: 10).offence == .badHandshake)
        #expect(TLSCloseReason.handshakeTooLong(bytes: 65_536).offence == .badHandshake)
        for reason in [
            TLSCloseReason.local, .peer, .truncated, .socket("reset"), .handshakeBrokenOff, .tooSlow(bytes: 1),
            .overloaded,
        ] {
            #expect(reason.offence == nil, "\(reason)")
        }
    }
}
