import COpenSSL
import Chat
import Testing

@testable import TLSTransport

@Suite("The sentences about failures", .timeLimit(.minutes(2)))
struct SentenceTests {
    /// RFC 8446 §6, and §B.2 for those that older versions sent.
    private static let alerts: [UInt8] = [
        0, 10, 20, 21, 22, 30, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 60, 70, 71, 80, 86, 90, 100, 109, 110,
        111,
        112, 113, 114, 115, 116, 120,
    ]

    @Test("name every alert, its meaning and what to do, on both sides", arguments: alerts)
    func tellAlert(code: UInt8) {
        let alert = TLSAlert(code: code)
        #expect(!alert.name.isEmpty && alert.name.allSatisfy { $0.isLetter || $0 == "_" })
        for role in [TLSRole.client, .server] {
            let sentence = alert.sentence(to: role)
            #expect(sentence.contains(role == .client ? "the server" : "the client"))
            #expect(sentence.contains(";") || sentence.contains(":"), "what to do is missing: \(sentence)")
            #expect(!sentence.contains("ended the connection with the TLS alert"))
        }
    }

    @Test("have words for an alert that nobody knows")
    func tellUnknownAlert() {
        #expect(
            TLSAlert(code: 200).sentence(to: .client)
                == "the server ended the connection with the TLS alert 200; see its log")
    }

    @Test("tell every error of libcrypto with a remedy", arguments: 1...94 as ClosedRange<Int32>)
    func tellVerification(code: Int32) {
        let unused: Set<Int32> = [
            X509_V_ERR_OCSP_VERIFY_NEEDED, X509_V_ERR_OCSP_VERIFY_FAILED, X509_V_ERR_OCSP_CERT_UNKNOWN,
        ]
        guard !unused.contains(code) else { return }
        for (subject, owner) in [(.client, "bob/laptop"), (.server, "server")] as [(CertificatePolicy.Subject, String)]
        {
            for depth in 0...1 {
                let sentence = VerificationFailure(
                    code: code, depth: depth, name: "bob/laptop", subject: subject, validity: 0...1_000, now: 500
                ).description
                let parts = sentence.split(separator: "; ")
                #expect(parts.count >= 2, "no remedy: \(sentence)")
                #expect(!sentence.contains("error number"), "\(sentence)")
                #expect(
                    sentence.contains(owner) || sentence.contains("the server's") || sentence.contains("authority")
                        || sentence.contains("revocation list"),
                    "\(sentence)")
            }
        }
    }

    @Test(
        "say how long ago, in the largest unit that fits",
        arguments: [
            (1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (3_599, "59 minutes"), (7_200, "2 hours"),
            (86_400, "1 day"), (3 * 86_400 + 5, "3 days"), (0, "1 second"), (-5, "1 second"),
        ] as [(Int64, String)])
    func tellDuration(seconds: Int64, words: String) {
        #expect(Duration.words(seconds) == words)
    }

    @Test("tell an expired certificate exactly as promised")
    func tellExpiry() {
        var failure = VerificationFailure(
            code: X509_V_ERR_CERT_HAS_EXPIRED, depth: 0, name: "bob/laptop", subject: .client,
            validity: 0...1_000, now: 1_000 + 3 * 86_400)
        #expect("\(failure)" == "bob/laptop's certificate expired 3 days ago; run scripts/certs renew bob/laptop")
        failure.depth = 1
        #expect("\(failure)".hasSuffix("make a new authority with scripts/certs init"))
    }
}
