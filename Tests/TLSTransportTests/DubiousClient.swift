import Testing

/// A client certificate that must be refused: how to make it, the alert that the client gets, and what the server's log says.
struct DubiousClient: Sendable, CustomTestStringConvertible {
    var name: String
    var alert: Int
    var words: String
    var make: @Sendable (ClientWorld) throws -> TestIdentity

    init(
        _ name: String, _ alert: Int, _ words: String, _ make: @escaping @Sendable (ClientWorld) throws -> TestIdentity
    ) {
        self.name = name
        self.alert = alert
        self.words = words
        self.make = make
    }

    init(_ name: String, _ alert: Int, _ words: String, _ recipe: CertificateRecipe) {
        self.init(name, alert, words) { try $0.client(recipe) }
    }

    var testDescription: String { name }

    private static let day = CertificateRecipe.day
    private static let good = CertificateRecipe.client()

    /// With another name instead of the identity.
    private static func named(_ name: String, _ names: String, _ words: String = "exactly one name") -> DubiousClient {
        DubiousClient(name, 42, words, .client(names))
    }

    /// What libssl refuses when it is asked to be strict.
    static let chainAndTime: [DubiousClient] = [
        .init(
            "expired", 45, "bob/laptop's certificate expired 3 days ago; run scripts/certs renew bob/laptop",
            good.with { $0.validity = (-9 * day, -3 * day - 60) }),
        .init(
            "not valid yet", 42, "not valid yet, for another 2 days; check the clocks",
            good.with { $0.validity = (2 * day + 60, 9 * day) }),
        .init("ends before it begins", 45, "expired", good.with { $0.validity = (-3_600, -7_200) }),
        .init(
            "begins in the future and ended in the past", 42, "not valid yet",
            good.with { $0.validity = (3_600, -3_600) }),
        .init("self-signed", 48, "issued by itself") { _ in
            try .selfSigned(good.setting("authorityKeyIdentifier", nil))
        },
        .init("of an unknown authority", 48, "an authority that is not ours") { _ in
            try TestIdentity.selfSigned(.authority("Another Authority")).issue(good)
        },
        .init("of an authority that bears our name", 48, "an authority that is not ours") { _ in
            try TestIdentity.selfSigned(.authority("Test Authority")).issue(good, isRoot: true)
        },
        .init("of an authority that bears our name, which names no key", 46, "Authority Key Identifier") { _ in
            try TestIdentity.selfSigned(.authority("Test Authority"))
                .issue(good.setting("authorityKeyIdentifier", nil), isRoot: true)
        },
        .init("of an authority that bears our name and our key's identifier", 51, "signature") { _ in
            try TestIdentity.selfSigned(ClientWorld.rootRecipe).issue(good, isRoot: true)
        },
        .init("issued by a device", 48, "may not issue") { try $0.client().issue(good) },
        .init("issued past the path length", 48, "bob/laptop's certificate was issued by one that may not") {
            try $0.narrowRoot.issue(.intermediate("One Too Many"), isRoot: true).issue(good)
        },
        .init("issued by an expired authority", 45, "the issuing authority's certificate expired") {
            try $0.expiredIntermediate.issue(good)
        },
        .init(
            "issued by one that may not sign certificates", 48,
            "bob/laptop's certificate was issued by one that may not"
        ) {
            try $0.root.issue(.intermediate("No Signer").setting("keyUsage", "critical,cRLSign"), isRoot: true)
                .issue(good)
        },
        .init("issued by one without basic constraints", 48, "may not issue") {
            try $0.root.issue(.intermediate("Unclear").setting("basicConstraints", nil), isRoot: true).issue(good)
        },
        .init("without its intermediate", 48, "not ours") {
            try $0.root.issue(.intermediate("Missing"), isRoot: true).issue(good).showing(chain: [])
        },
        .init("with a name that its authority may not give", 46, "may not give") {
            try $0.constrainedIntermediate.issue(good.setting("subjectAltName", "DNS:bad.example"))
        },
        .init(
            "with an unknown critical extension", 46, "critical extension", good.adding("1.2.3.4", "critical,DER:0500")),
        .init("with a broken signature", 51, "signature", good.with { $0.isDamaged = true }),
        .init(
            "that names another key of the authority", 48, "not ours",
            good.setting("authorityKeyIdentifier", "DER:3006800401020304")),
        .init("issued by one for servers only", 43, "not for a TLS client") {
            try $0.root.issue(.intermediate("Servers").setting("extendedKeyUsage", "serverAuth"), isRoot: true)
                .issue(good)
        },
        .init("issued by one without a revocation list", 48, "no revocation list") {
            try $0.root.issue(.intermediate("No List"), isRoot: true).issue(good)
        },
        .init("revoked", 44, "bob/laptop's certificate was revoked") { $0.revokedClient },
        .init("issued by a revoked authority", 44, "the issuing authority's certificate was revoked") {
            try $0.revokedIntermediate.issue(good)
        },
        .init("at the end of thirteen certificates", 48, "too many authorities") {
            var issuer = try $0.root.issue(.intermediate("Level 0"), isRoot: true)
            for level in 1..<12 { issuer = try issuer.issue(.intermediate("Level \(level)")) }
            return try issuer.issue(good)
        },
        .init("under two intermediates", 48, "too many authorities") {
            try $0.intermediate.issue(.intermediate("Second")).issue(good)
        },
        .init("whose signature is by SHA-1", 42, "too weak a hash", good.with { $0.hash = "SHA1" }),
        .init("whose signature is by SHA-224", 43, "SHA-256", good.with { $0.hash = "SHA224" }),
    ]

    static let purposes: [DubiousClient] = [
        .init("for servers", 43, "not for a TLS client", good.setting("extendedKeyUsage", "serverAuth")),
        .init("for signing code", 43, "not for a TLS client", good.setting("extendedKeyUsage", "codeSigning")),
        .init("for anything", 43, "not for a TLS client", good.setting("extendedKeyUsage", "anyExtendedKeyUsage")),
        .init(
            "for clients and anything", 43, "for TLS clients alone",
            good.setting("extendedKeyUsage", "clientAuth,anyExtendedKeyUsage")),
        .init(
            "for clients and servers", 43, "for TLS clients alone",
            good.setting("extendedKeyUsage", "clientAuth,serverAuth")),
        .init("without extended key usage", 43, "for TLS clients alone", good.setting("extendedKeyUsage", nil)),
        .init("with an empty extended key usage", 43, "client", good.setting("extendedKeyUsage", "DER:3000")),
        .init(
            "to encipher keys only", 43, "not for a TLS client", good.setting("keyUsage", "critical,keyEncipherment")),
        .init(
            "to agree on keys only", 43, "digitalSignature and no other",
            good.setting("keyUsage", "critical,keyAgreement")),
        .init(
            "to sign and to agree on keys", 43, "digitalSignature and no other",
            good.setting("keyUsage", "critical,digitalSignature,keyAgreement")),
        .init(
            "to sign what cannot be repudiated", 43, "digitalSignature and no other",
            good.setting("keyUsage", "critical,digitalSignature,nonRepudiation")),
        .init("without key usage", 43, "digitalSignature and no other", good.setting("keyUsage", nil)),
        .init("with an empty key usage", 42, "malformed", good.setting("keyUsage", "critical,DER:030100")),
        .init("of an authority", 43, "an authority's", good.setting("basicConstraints", "critical,CA:TRUE")),
        .init(
            "with a path length", 46, "certificate",
            good.setting("basicConstraints", "critical,CA:FALSE,pathlen:0")),
        .init("without basic constraints", 43, "no basic constraints", good.setting("basicConstraints", nil)),
    ]

    static let form: [DubiousClient] = [
        .init("without a subject", 46, "certificate", good.with { $0.commonNames = [] }),
        .init("with a NUL in its common name", 42, "NUL", good.with { $0.commonNames = [Array("bob\0.evil".utf8)] }),
        // URI:conclave:bob/laptop NUL
        .init(
            "with a NUL in its identity", 42, "NUL",
            good.setting("subjectAltName", "DER:30168614" + "636F6E636C6176653A626F622F6C6170746F70" + "00")
        ),
        .init(
            "with two common names", 42, "more than one common name",
            good.with { $0.commonNames = [Array("bob".utf8), Array("alice".utf8)] }),
        .init("for 826 days", 42, "valid for", good.with { $0.validity = (-3_600, 826 * day - 3_600) }),
        .init(
            "for a second more than 825 days", 42, "valid for", good.with { $0.validity = (-3_600, 825 * day - 3_600) }),
        .init("for a hundred years", 42, "valid for", good.with { $0.validity = (-3_600, 36_500 * day) }),
        .init("until the year 9999", 42, "valid for", good.with { $0.validity = (-3_600, 251_000_000_000) }),
        .init(
            "of version 1", 42, "version 3",
            good.with {
                $0.version = 1; $0.extensions = []
            }),
        .init("of version 1 with extensions", 46, "certificate", good.with { $0.version = 1 }),
        .init("of version 2", 46, "certificate", good.with { $0.version = 2 }),
        .init("with the serial number 0", 42, "serial number", good.with { $0.serialNumber = "0" }),
        .init("with a negative serial number", 42, "serial number", good.with { $0.serialNumber = "-5" }),
        .init(
            "with a serial number of 40 bytes", 42, "serial number",
            good.with { $0.serialNumber = String(repeating: "5A", count: 40) }),
        .init(
            "with a serial number of 20 bytes and a bit", 42, "serial number",
            good.with { $0.serialNumber = String(repeating: "FF", count: 20) }),
        .init("with its key usage twice", 42, "certificate", good.adding("keyUsage", "critical,digitalSignature")),
        .init("with its extended key usage twice", 42, "certificate", good.adding("extendedKeyUsage", "clientAuth")),
        .init(
            "with its basic constraints twice", 42, "certificate", good.adding("basicConstraints", "critical,CA:FALSE")),
        .init(
            "with two alternative names extensions", 42, "certificate",
            good.adding("subjectAltName", "URI:conclave:alice/laptop")),
        .init("with a malformed alternative name", 42, "certificate", good.setting("subjectAltName", "DER:04026869")),
        .init("with a malformed key usage", 42, "certificate", good.setting("keyUsage", "critical,DER:0500")),
    ]

    static let names: [DubiousClient] = [
        .init("without a name", 42, "names nobody", good.setting("subjectAltName", nil)),
        .init(
            "with its identity in the common name only", 42, "names nobody",
            good.setting("subjectAltName", nil).with { $0.commonNames = [Array("conclave:bob/laptop".utf8)] }),
        .init("with an empty list of names", 46, "Name", good.setting("subjectAltName", "DER:3000")),
        named("with a host too", "URI:conclave:bob/laptop,DNS:localhost"),
        named("with a mail address too", "URI:conclave:bob/laptop,email:bob@example.org"),
        named("with an address too", "URI:conclave:bob/laptop,IP:127.0.0.1"),
        named("with another identity too", "URI:conclave:bob/laptop,URI:conclave:alice/laptop"),
        named("with its identity twice", "URI:conclave:bob/laptop,URI:conclave:bob/laptop"),
        named("with another URI too", "URI:conclave:bob/laptop,URI:https://example.org"),
        named("with a host for a name", "DNS:bob.example.org"),
        named("with its identity as a host", "DNS:conclave:bob/laptop"),
        named("with its identity as a mail address", "email:conclave:bob/laptop"),
        named("in upper case", "URI:conclave:Bob/laptop"),
        named("with an upper-case scheme", "URI:CONCLAVE:bob/laptop"),
        named("without a device", "URI:conclave:alice"),
        named("with an empty device", "URI:conclave:alice/"),
        named("with an empty user", "URI:conclave:/laptop"),
        named("with a path", "URI:conclave:alice/laptop/x"),
        named("with a slash at the end", "URI:conclave:alice/laptop/"),
        named("with two slashes", "URI:conclave://alice/laptop"),
        named("with a percent escape", "URI:conclave:al%69ce/laptop"),
        named("with a query", "URI:conclave:alice/laptop?x"),
        named("with a fragment", "URI:conclave:alice/laptop#x"),
        named("with a space", "URI:conclave:alice/lap top"),
        named("with a dot in front", "URI:conclave:.alice/laptop"),
        named("with a dash in front", "URI:conclave:alice/-laptop"),
        named("with an overlong user", "URI:conclave:" + String(repeating: "a", count: 33) + "/laptop"),
        named("with another scheme", "URI:conclave2:alice/laptop"),
        named("with no scheme", "URI:alice/laptop"),
        // "conclave:аlice/x", with a Cyrillic letter
        named("with a letter that looks like another", "DER:30138611" + "636F6E636C6176653AD0B06C6963652F78"),
        .init(
            "with 33 names", 42, "more than 32 names",
            .client((1...33).map { "URI:conclave:bob/d\($0)" }.joined(separator: ","))),
        .init(
            "with 300 names", 42, "more than 32 names",
            .client((1...300).map { "URI:conclave:bob/d\($0)" }.joined(separator: ","))),
    ]

    static let all = chainAndTime + purposes + form + names
}
