import Glibc

/// What to put into a certificate, right or wrong.
struct CertificateRecipe: Sendable {
    /// An extension in the words of openssl's `x509v3_config`.
    struct Extension: Sendable {
        var name: String
        var value: String
    }

    var commonNames: [[UInt8]]
    var extensions: [Extension]
    var key = TestKey.Kind.curve("P-256")
    /// The hash function of the issuer's signature.
    var hash = "SHA256"
    /// Seconds from now.
    var validity: (from: Int64, to: Int64) = (-3_600, 30 * CertificateRecipe.day - 1)
    /// In hexadecimal digits, perhaps with a minus sign; `nil` for a random one.
    var serialNumber: String?
    var version = 3
    /// Whether the signature is changed after it was made.
    var isDamaged = false

    static let day: Int64 = 86_400

    init(_ commonName: String, _ extensions: [(String, String)]) {
        commonNames = [Array(commonName.utf8)]
        self.extensions = extensions.map { Extension(name: $0.0, value: $0.1) }
    }

    /// A good certificate of a device, and its name in openssl's words.
    static func client(_ name: String = "URI:conclave:bob/laptop") -> CertificateRecipe {
        CertificateRecipe(
            "bob",
            [
                ("basicConstraints", "critical,CA:FALSE"), ("keyUsage", "critical,digitalSignature"),
                ("extendedKeyUsage", "clientAuth"), ("subjectKeyIdentifier", "hash"),
                ("authorityKeyIdentifier", "keyid:always"), ("subjectAltName", name),
            ])
    }

    /// A good certificate of a server.
    static func server(_ names: String = "DNS:localhost,IP:127.0.0.1,IP:::1") -> CertificateRecipe {
        client(names).with { $0.commonNames = [Array("server".utf8)] }.setting("extendedKeyUsage", "serverAuth")
    }

    /// A good certificate of an authority.
    static func authority(_ name: String) -> CertificateRecipe {
        CertificateRecipe(
            name,
            [
                ("basicConstraints", "critical,CA:TRUE"), ("keyUsage", "critical,keyCertSign,cRLSign"),
                ("subjectKeyIdentifier", "hash"),
            ]
        ).with { $0.validity = (-3_600, 3_650 * day) }
    }

    static func intermediate(_ name: String) -> CertificateRecipe {
        authority(name).adding("authorityKeyIdentifier", "keyid:always")
    }

    func with(_ change: (inout CertificateRecipe) -> Void) -> CertificateRecipe {
        var copy = self
        change(&copy)
        return copy
    }

    /// With an extension replaced, or added if there was none; `nil` drops it.
    func setting(_ name: String, _ value: String?) -> CertificateRecipe {
        with { recipe in
            guard let value else { return recipe.extensions.removeAll { $0.name == name } }
            if let index = recipe.extensions.firstIndex(where: { $0.name == name }) {
                recipe.extensions[index].value = value
            } else {
                recipe.extensions.append(Extension(name: name, value: value))
            }
        }
    }

    /// With one more extension, be it of the same name.
    func adding(_ name: String, _ value: String) -> CertificateRecipe {
        with { $0.extensions.append(Extension(name: name, value: value)) }
    }
}
