import Foundation
import Testing

extension CertsFolder {
    /// The folder is whole: nothing half-made, every mode as it should be, each key that of its certificate, each
    /// certificate accepted and listed.
    func audit(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let listing = try await list()
        let modes = try modes()
        for (path, mode) in modes {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: url.appending(path: path).path, isDirectory: &isFolder)
            let right = isFolder.boolValue ? 0o700 : path.hasSuffix(".pem") ? 0o644 : 0o600
            #expect(mode == right, "\(path): \(String(mode, radix: 8))", sourceLocation: sourceLocation)
            #expect(!path.hasPrefix("."), "left over: \(path)", sourceLocation: sourceLocation)
        }
        let certificates = modes.keys.filter {
            $0.hasSuffix(".pem") && !$0.hasPrefix("authority/") && !["ca.pem", "crl.pem"].contains($0)
        }
        let keys = modes.keys.filter { $0.hasSuffix(".key") && !$0.hasPrefix("authority/") }
        #expect(
            Set(certificates.map { $0.dropLast(4) }) == Set(keys.map { $0.dropLast(4) }), sourceLocation: sourceLocation
        )
        for certificate in certificates {
            try await auditLeaf(String(certificate.dropLast(4)), listing, sourceLocation)
        }
        #expect(
            Set(listing.certificates.map(\.serial)).count == listing.certificates.count, sourceLocation: sourceLocation)
    }

    private func auditLeaf(_ name: String, _ listing: Listing, _ sourceLocation: SourceLocation) async throws {
        let verified = try await verify(name + ".pem", purpose: name == "server" ? "sslserver" : "sslclient")
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)", sourceLocation: sourceLocation)
        let ofKey = try await openssl("pkey -in \(name).key -pubout")
        let ofCertificate = try await openssl("x509 -in \(name).pem -noout -pubkey")
        #expect(
            ofKey.status == 0 && ofKey.output == ofCertificate.output, "\(name): another key",
            sourceLocation: sourceLocation)
        let serial = try await read("-serial", of: name + ".pem")
        let listed = listing.current(name)
        #expect(listed.map { "serial=\($0.serial)" } == serial, sourceLocation: sourceLocation)
        #expect(listed?.status == "valid", sourceLocation: sourceLocation)
    }
}
