import ArgumentParser
import Crypto
import Glibc
import MonitorViews
import TLSMonitor

/// What `prove` leaves behind for others: a statement of what it found, signed if there is a key.
struct EvidenceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Write what the verdict rests on to this file, as JSON.", valueName: "file"))
    var evidence: String?

    @Option(
        help: ArgumentHelp(
            "Sign it with this private key (PEM: P-256, P-384 or Ed25519), as scripts/certs makes them.",
            valueName: "key"))
    var sign: String?

    @Option(help: ArgumentHelp("Put the certificate of that key beside the signature.", valueName: "certificate"))
    var cert: String?

    @Flag(
        name: .customLong("evidence-markers"),
        help: "Name the markers in it. Otherwise there is only a salted SHA-256 of each, as they may be secrets.")
    var namesMarkers = false

    func validate() throws {
        if evidence == nil, sign != nil || namesMarkers {
            throw ValidationError("--sign and --evidence-markers belong to --evidence: name the file to write")
        }
        if sign == nil, cert != nil { throw ValidationError("--cert goes with a signature: name the key with --sign") }
    }

    /// Opens what is needed, before the long work: what cannot be written or signed is told at once.
    /// - Parameter isLive: whether the program gives up its rights in between.
    /// - Throws: a usage error that says what to do.
    func prepared(isLive: Bool) throws -> EvidenceWriter? {
        guard let evidence else { return nil }
        let signer = try sign.map { path in
            let pem = try SmallFile.text(path, what: "a private key in PEM", isSecret: true)
            guard let signer = EvidenceSigner(pem: pem) else {
                throw ValidationError(
                    "\(path) holds no private key that can sign evidence: it takes P-256, P-384 or Ed25519 in PEM, without a passphrase"
                )
            }
            return signer
        }
        let certificate = try cert.map { path in
            let der = try TrustedKey.certificate(path)
            guard let signer, let key = CertificateKey.find(in: der),
                EvidenceVerifier(key)?.fingerprint == signer.verifier.fingerprint
            else {
                throw ValidationError("the certificate in \(path) belongs to another key than \(sign ?? "")")
            }
            return der
        }
        return EvidenceWriter(
            path: evidence, file: try WholeFile(evidence, replaces: EvidenceFile.beginning, isInPlace: isLive),
            signer: signer,
            certificate: certificate, namesMarkers: namesMarkers)
    }
}

/// Writes a statement when there is a verdict.
struct EvidenceWriter {
    let path: String
    let file: WholeFile
    let signer: EvidenceSigner?
    let certificate: [UInt8]?
    let namesMarkers: Bool

    /// - Throws: a usage error if it cannot be written.
    func write(
        _ report: TrafficReport, digests: [CaptureDigest], filter: String, capture: CaptureFacts, hasKeys: Bool
    ) throws {
        let setting = EvidenceStatement.Setting(
            version: TLSMonCommand.configuration.version, filter: filter, capture: capture, made: Present.nanoseconds,
            hasKeys: hasKeys, hidden: namesMarkers ? nil : Self.hide(report.markers))
        let statement = EvidenceStatement(report, digests: digests, setting: setting).json
        var evidence = EvidenceFile(statement: statement, seal: nil)
        evidence.seal = try signer?.seal(evidence.signedBytes, certificate: certificate)
        file.write(evidence.bytes)
        try file.finish()
        let seal = evidence.seal.map { "signed by key \($0.key.prefix(16))…" } ?? "not signed"
        complain("evidence: \(path), \(seal)")
    }

    /// So that whoever has a marker can see that it was looked for, and nobody else what it was.
    private static func hide(_ markers: [String]) -> (salt: String, digests: [String]) {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return (
            Hexadecimal.text(salt), markers.map { Hexadecimal.text(SHA256.hash(data: salt + Array($0.utf8))) }
        )
    }
}
