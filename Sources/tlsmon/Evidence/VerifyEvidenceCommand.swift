import ArgumentParser
import Crypto
import Glibc
import MonitorViews
import TLSMonitor

/// `tlsmon verify-evidence FILE --cert CERT.pem [CAPTURE ...]`
struct VerifyEvidenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-evidence",
        abstract: "Check who signed evidence that prove wrote, and whether capture files are the ones in it.",
        usage: """
            tlsmon verify-evidence <file> --cert <certificate.pem> [<capture> ...]
            tlsmon verify-evidence <file> --key <public-key.pem> [<capture> ...]
            """,
        discussion: """
            The certificate or key is the one that you know to be the signer's; a certificate in the evidence itself says \
            nothing, because anybody can make one. Exit status: 0 valid, 1 not valid, 3 it could not run.
            """)

    @Argument(help: "The evidence.")
    var file: String

    @Option(help: ArgumentHelp("The signer's certificate (PEM).", valueName: "certificate.pem"))
    var cert: String?

    @Option(help: ArgumentHelp("The signer's public key (PEM).", valueName: "public-key.pem"))
    var key: String?

    @Argument(help: ArgumentHelp("Capture files to compare with the SHA-256 in the evidence.", valueName: "capture"))
    var captures: [String] = []

    func validate() throws {
        guard (cert == nil) != (key == nil) else {
            throw ValidationError(
                "name the signer whom you trust, with --cert or --key: without that, anybody could have signed")
        }
    }

    func run() throws {
        let verifier = try cert.map { try TrustedKey.ofCertificate($0) } ?? TrustedKey.ofKey(key ?? "")
        let bytes = try SmallFile.read(file, what: "evidence", limit: EvidenceFile.maximumLength)
        guard let evidence = EvidenceFile(bytes) else {
            throw refusal("\(file) is not evidence as tlsmon writes it: it is something else, or was changed")
        }
        guard let seal = evidence.seal else { throw refusal("\(file) is not signed") }
        guard seal.key == verifier.fingerprint else {
            throw refusal(
                "\(file) is signed by another key: \(seal.key.prefix(16))…, not \(verifier.fingerprint.prefix(16))…")
        }
        guard verifier.isValid(seal, for: evidence.signedBytes) else {
            throw refusal(
                "the signature does not fit: \(file) was changed after it was signed, or never signed by this key")
        }
        let lines = try compare(evidence.statement)
        let summary = EvidenceSummary(evidence.statement).lines
        let key = ("signer", "key \(seal.key)")
        Output.write(
            "VALID  signed by the key that you named, and not changed since\n"
                + (summary + [key] + lines).map { "  \($0.0.padded(to: 10))\($0.1)\n" }.joined(), to: STDOUT_FILENO)
    }

    /// Says so, and ends with 1.
    private func refusal(_ words: String) -> ExitCode {
        Output.write("NOT VALID  \(words)\n", to: STDOUT_FILENO)
        return ExitCode(1)
    }

    // MARK: Captures

    private func compare(_ statement: CanonicalJSON) throws -> [(String, String)] {
        var open: [(file: String, digest: String)] = (statement["captures"]?.list ?? []).map {
            ($0["file"]?.text ?? "", $0["sha256"]?.text ?? "")
        }
        var lines: [(String, String)] = []
        for path in captures {
            let digest = try FileDigest.sha256(path)
            guard let place = open.firstIndex(where: { $0.digest == digest }) else {
                throw refusal("\(path) is none of the captures in the evidence: its SHA-256 is \(digest)")
            }
            open.remove(at: place)
            lines.append(("capture", "\(path) is the file in it"))
        }
        for rest in open {
            lines.append(
                (
                    "capture",
                    "not compared: \(EvidenceSummary.safe(rest.file)), sha256 \(EvidenceSummary.safe(rest.digest))"
                ))
        }
        return lines
    }
}

/// The key of whoever is trusted.
enum TrustedKey {
    /// - Returns: the certificate in DER.
    /// - Throws: a usage error.
    static func certificate(_ path: String) throws -> [UInt8] {
        let text = try SmallFile.text(path, what: "a certificate in PEM")
        guard let der = PEM.first("CERTIFICATE", in: text) else {
            throw ValidationError("\(path) holds no certificate in PEM")
        }
        return der
    }

    static func ofCertificate(_ path: String) throws -> EvidenceVerifier {
        guard let info = CertificateKey.find(in: try certificate(path)), let key = EvidenceVerifier(info) else {
            throw ValidationError("\(path) holds no certificate with a key of P-256, P-384 or Ed25519")
        }
        return key
    }

    static func ofKey(_ path: String) throws -> EvidenceVerifier {
        let text = try SmallFile.text(path, what: "a public key in PEM")
        guard let info = PEM.first("PUBLIC KEY", in: text), let key = EvidenceVerifier(info) else {
            throw ValidationError(
                "\(path) holds no public key of P-256, P-384 or Ed25519 in PEM; openssl pkey -in KEY -pubout makes one")
        }
        return key
    }
}

enum FileDigest {
    /// In hexadecimal digits.
    /// - Throws: a usage error if it cannot be read.
    static func sha256(_ path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ValidationError("cannot read \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var hash = SHA256()
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(file, &bytes, bytes.count)
            if count == 0 { return Hexadecimal.text(hash.finalize()) }
            guard count > 0 else { throw ValidationError("cannot read \(path): \(String(cString: strerror(errno)))") }
            hash.update(data: bytes.prefix(count))
        }
    }
}
