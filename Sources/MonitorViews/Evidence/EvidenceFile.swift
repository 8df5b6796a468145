/// A statement and who signed it, as a file of two lines: the first is what is signed, with the newline at its end.
///
///     {"captures":[…],…,"verdict":"proven",…}
///     {"algorithm":"ecdsa-p256-sha256","key":"5f0c…","signature":"MEUC…"}
package struct EvidenceFile: Hashable, Sendable {
    package var statement: CanonicalJSON
    package var seal: EvidenceSeal?

    /// How every file begins, so that an earlier one is known again.
    package static let beginning = "{\"captures\":["
    /// No file is longer.
    package static let maximumLength = 16 << 20

    package init(statement: CanonicalJSON, seal: EvidenceSeal?) {
        self.statement = statement
        self.seal = seal
    }

    /// What is signed.
    package var signedBytes: [UInt8] { statement.bytes + [UInt8(ascii: "\n")] }

    package var bytes: [UInt8] {
        signedBytes + (seal.map { $0.json.bytes + [UInt8(ascii: "\n")] } ?? [])
    }

    /// Reads one; whether its signature is good is another question.
    /// - Returns: `nil` for anything but the one form of it.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.maximumLength, bytes.last == UInt8(ascii: "\n") else { return nil }
        let lines = bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard (1...2).contains(lines.count), let statement = CanonicalJSON(Array(lines[0])),
            statement["format"]?.text == EvidenceStatement.format
        else { return nil }
        self.statement = statement
        guard lines.count == 2 else { return }
        guard let json = CanonicalJSON(Array(lines[1])), let seal = EvidenceSeal(json) else { return nil }
        self.seal = seal
    }
}

/// A signature, and by which key.
package struct EvidenceSeal: Hashable, Sendable {
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        /// The signature is in DER (RFC 3279 §2.2.3).
        case ecdsaP256 = "ecdsa-p256-sha256"
        case ecdsaP384 = "ecdsa-p384-sha384"
        /// RFC 8032 §5.1.6
        case ed25519
    }

    package var algorithm: Algorithm
    /// SHA-256 of the public key (SubjectPublicKeyInfo, RFC 5280 §4.1), in hexadecimal digits.
    package var key: String
    /// In base64.
    package var signature: String
    /// The signer's certificate in DER, as base64, if it was given. It is not signed, and proves nothing by being there.
    package var certificate: String?

    package init(algorithm: Algorithm, key: String, signature: String, certificate: String?) {
        self.algorithm = algorithm
        self.key = key
        self.signature = signature
        self.certificate = certificate
    }

    init?(_ json: CanonicalJSON) {
        guard case .object(let members) = json,
            let algorithm = members["algorithm"]?.text.flatMap(Algorithm.init(rawValue:)),
            let key = members["key"]?.text, let signature = members["signature"]?.text,
            members.count == (members["certificate"] == nil ? 3 : 4)
        else { return nil }
        if let certificate = members["certificate"], certificate.text == nil { return nil }
        self.init(algorithm: algorithm, key: key, signature: signature, certificate: members["certificate"]?.text)
    }

    var json: CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "algorithm": .text(algorithm.rawValue), "key": .text(key), "signature": .text(signature),
        ]
        if let certificate { members["certificate"] = .text(certificate) }
        return .object(members)
    }
}
