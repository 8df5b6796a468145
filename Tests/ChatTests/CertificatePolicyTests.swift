import Testing

@testable import Chat

@Suite("The certificate policy")
struct CertificatePolicyTests {
    private static let day: Int64 = 86_400

    private static func facts(_ subject: CertificatePolicy.Subject) -> CertificateFacts {
        CertificateFacts(
            version: 3, hasValidSerialNumber: true, keyType: .p256, signatureHash: .sha256,
            basicConstraints: .endEntity, keyUsage: [.digitalSignature],
            extendedKeyUsage: [subject == .client ? .clientAuthentication : .serverAuthentication],
            alternativeNames: [subject == .client ? .uri("conclave:alice/laptop") : .dns("localhost")],
            commonNames: ["alice"], isSubjectEmpty: false, containsNUL: false, hasMalformedExtension: false,
            validity: 0...365 * day)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var violation: CertificateViolation?
        var subjects: [CertificatePolicy.Subject] = [.client, .server]
        var apply: @Sendable (inout CertificateFacts) -> Void

        init(
            _ name: String, _ violation: CertificateViolation?,
            for subjects: [CertificatePolicy.Subject] = [.client, .server],
            _ apply: @escaping @Sendable (inout CertificateFacts) -> Void
        ) {
            testDescription = name
            self.violation = violation
            self.subjects = subjects
            self.apply = apply
        }
    }

    private static let accepted: [Change] = [
        Change("nothing special", nil) { _ in },
        Change("P-384", nil) { $0.keyType = .p384 },
        Change("SHA-384", nil) { $0.signatureHash = .sha384 },
        Change("SHA-512", nil) { $0.signatureHash = .sha512 },
        Change("825 days", nil) { $0.validity = 1_000...1_000 + 825 * day - 1 },
        Change("no common name", nil) { $0.commonNames = [] },
        Change("a common name of somebody else", nil) { $0.commonNames = ["bob"] },
        Change("32 hosts", nil, for: [.server]) { $0.alternativeNames = (1...32).map { .dns("h\($0)") } },
        Change("an address", nil, for: [.server]) { $0.alternativeNames = [.address([127, 0, 0, 1])] },
        Change("hosts and addresses", nil, for: [.server]) {
            $0.alternativeNames = [.dns("a"), .address([UInt8](repeating: 0, count: 16))]
        },
        Change("every character of a name", nil, for: [.client]) {
            $0.alternativeNames = [.uri("conclave:_a.b-9/0._-z")]
        },
    ]

    private static let refused: [Change] = [
        Change("version 1", .notVersion3) { $0.version = 1 },
        Change("version 2", .notVersion3) { $0.version = 2 },
        Change("version 4", .notVersion3) { $0.version = 4 },
        Change("an odd serial number", .serialNumber) { $0.hasValidSerialNumber = false },
        Change("a malformed extension", .malformedExtension) { $0.hasMalformedExtension = true },
        Change("a NUL", .containsNUL) { $0.containsNUL = true },
        Change("an empty subject", .noSubject) { $0.isSubjectEmpty = true },
        Change("two common names", .severalCommonNames) { $0.commonNames = ["alice", "bob"] },
        Change("a second more than 825 days", .validTooLong(days: 825)) { $0.validity = 1_000...1_000 + 825 * day },
        Change("a hundred years", .validTooLong(days: 36_500)) { $0.validity = 0...36_500 * day },
        Change("all of time", .validTooLong(days: Int(Int64.max / 86_400))) {
            $0.validity = 0...Int64.max
        },
        Change("RSA", .keyType("RSA")) { $0.keyType = .other("RSA") },
        Change("SHA-1", .signatureHash("SHA1")) { $0.signatureHash = .other("SHA1") },
        Change("no basic constraints", .noBasicConstraints) { $0.basicConstraints = .absent },
        Change("an authority", .isAuthority) { $0.basicConstraints = .authority },
        Change("no key usage", .keyUsage) { $0.keyUsage = nil },
        Change("an empty key usage", .keyUsage) { $0.keyUsage = [] },
        Change("another key usage", .keyUsage) { $0.keyUsage = [.other("keyAgreement")] },
        Change("one key usage more", .keyUsage) { $0.keyUsage = [.digitalSignature, .other("keyAgreement")] },
        Change("no extended key usage", .extendedKeyUsage(wanted: .client), for: [.client]) {
            $0.extendedKeyUsage = nil
        },
        Change("an empty extended key usage", .extendedKeyUsage(wanted: .server), for: [.server]) {
            $0.extendedKeyUsage = []
        },
        Change("for servers", .extendedKeyUsage(wanted: .client), for: [.client]) {
            $0.extendedKeyUsage = [.serverAuthentication]
        },
        Change("for clients", .extendedKeyUsage(wanted: .server), for: [.server]) {
            $0.extendedKeyUsage = [.clientAuthentication]
        },
        Change("for both", .extendedKeyUsage(wanted: .client), for: [.client]) {
            $0.extendedKeyUsage = [.clientAuthentication, .serverAuthentication]
        },
        Change("for both", .extendedKeyUsage(wanted: .server), for: [.server]) {
            $0.extendedKeyUsage = [.clientAuthentication, .serverAuthentication]
        },
        Change("for anything too", .extendedKeyUsage(wanted: .client), for: [.client]) {
            $0.extendedKeyUsage?.insert(.other("any"))
        },
        Change("no names", .noName) { $0.alternativeNames = nil },
        Change("an empty list of names", .noName) { $0.alternativeNames = [] },
        Change("33 names", .tooManyNames) { $0.alternativeNames = (1...33).map { .dns("h\($0)") } },
        Change("two identities", .notOneIdentity, for: [.client]) {
            $0.alternativeNames = [.uri("conclave:alice/laptop"), .uri("conclave:alice/phone")]
        },
        Change("an identity and a host", .notOneIdentity, for: [.client]) {
            $0.alternativeNames = [.uri("conclave:alice/laptop"), .dns("localhost")]
        },
        Change("an identity and something", .notOneIdentity, for: [.client]) {
            $0.alternativeNames = [.uri("conclave:alice/laptop"), .other]
        },
        Change("a host alone", .notOneIdentity, for: [.client]) {
            $0.alternativeNames = [.dns("conclave:alice/laptop")]
        },
        Change("an identity at a server", .notHosts, for: [.server]) {
            $0.alternativeNames = [.uri("conclave:alice/laptop")]
        },
        Change("a wildcard", .notHosts, for: [.server]) { $0.alternativeNames = [.dns("*.example.org")] },
        Change("an empty host", .notHosts, for: [.server]) { $0.alternativeNames = [.dns("")] },
        Change("a host that begins with a dot", .notHosts, for: [.server]) {
            $0.alternativeNames = [.dns(".example.org")]
        },
        Change("a host with a space", .notHosts, for: [.server]) { $0.alternativeNames = [.dns("a b")] },
        Change("an overlong host", .notHosts, for: [.server]) {
            $0.alternativeNames = [.dns(String(repeating: "a", count: 254))]
        },
        Change("an address of five bytes", .notHosts, for: [.server]) {
            $0.alternativeNames = [.address([127, 0, 0, 1, 0])]
        },
        Change("a host and a mail address at a server", .notHosts, for: [.server]) {
            $0.alternativeNames = [.dns("localhost"), .other]
        },
    ]

    @Test("accepts", arguments: accepted)
    func accepts(change: Change) {
        for subject in change.subjects {
            var facts = Self.facts(subject)
            change.apply(&facts)
            #expect(CertificatePolicy.violation(of: facts, as: subject) == nil)
        }
    }

    @Test("refuses", arguments: refused)
    func refuses(change: Change) {
        for subject in change.subjects {
            var facts = Self.facts(subject)
            #expect(CertificatePolicy.violation(of: facts, as: subject) == nil)
            change.apply(&facts)
            let violation = CertificatePolicy.violation(of: facts, as: subject)
            #expect(violation == change.violation)
            #expect(violation?.description.isEmpty == false)
        }
    }

    @Test("refuses one side's certificate for the other")
    func refusesSwapped() {
        #expect(CertificatePolicy.violation(of: Self.facts(.client), as: .server) != nil)
        #expect(CertificatePolicy.violation(of: Self.facts(.server), as: .client) != nil)
    }

    @Test(
        "takes an identity in one spelling only",
        arguments: [
            "", "conclave:", "conclave:alice", "conclave:alice/", "conclave:/laptop", "conclave:alice/laptop/",
            "conclave:alice/laptop/x", "conclave://alice/laptop", "CONCLAVE:alice/laptop", "conclave:Alice/laptop",
            "conclave:al%69ce/laptop", "conclave:alice/laptop?x", "conclave:alice/laptop#x", "conclave:alice/lap top",
            "conclave:.alice/laptop", "conclave:alice/..", "conclave:-alice/laptop", " conclave:alice/laptop",
            "conclave:alice/laptop\n", "conclave:alice/laptop\0", "conclave: alice/laptop", "conclave:аlice/laptop",
            "conclave:alice\u{301}/laptop", "conclave2:alice/laptop", "alice/laptop",
            "conclave:\(String(repeating: "a", count: 33))/laptop", "conclave:a/\(String(repeating: "a", count: 33))",
        ])
    func refusesSpelling(uri: String) {
        var facts = Self.facts(.client)
        facts.alternativeNames = [.uri(uri)]
        #expect(CertificatePolicy.violation(of: facts, as: .client) == .notOneIdentity)
        #expect(CertificatePolicy.identity(in: facts) == nil)
    }

    @Test("finds the identity")
    func findsIdentity() {
        #expect(CertificatePolicy.identity(in: Self.facts(.client))?.description == "alice/laptop")
        #expect(CertificatePolicy.identity(in: Self.facts(.server)) == nil)
    }
}
