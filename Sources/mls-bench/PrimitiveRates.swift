import Crypto
import Foundation
import MLS
import MLSWire

/// How often a second this processor signs and verifies, by the library's own cryptography and by OpenSSL's.
struct PrimitiveRates: Codable {
    let suite: UInt16
    let signs: Double
    let verifies: Double
    /// Nil where there is no program `openssl`.
    let opensslSigns: Double?
    let opensslVerifies: Double?

    /// - Parameter contentLength: of the message whose signature is measured, in bytes; what is signed around it comes on top.
    init(of code: MLSCipherSuite, seconds: Double, contentLength: Int) throws {
        suite = code.rawValue
        let scheme = try CipherSuite(code).signature
        let content = [UInt8](repeating: 0x43, count: contentLength + 180)
        (signs, verifies) =
            switch scheme {
            case .ed25519: try Self.ed25519(content, seconds)
            case .p256: try Self.p256(content, seconds)
            case .p384: try Self.p384(content, seconds)
            case .p521: try Self.p521(content, seconds)
            }
        let algorithm =
            switch scheme {
            case .ed25519: "ed25519"
            case .p256: "ecdsap256"
            case .p384: "ecdsap384"
            case .p521: "ecdsap521"
            }
        let openssl = Self.openssl(algorithm)
        opensslSigns = openssl?.signs
        opensslVerifies = openssl?.verifies
    }

    /// The best of several batches. Each signature is verified once: a processor learns the course of one that comes again and again.
    private static func rates<Signature>(
        _ seconds: Double, sign: () throws -> Signature, verify: (Signature) -> Bool
    ) throws -> (signs: Double, verifies: Double) {
        let batch = 200
        var (signing, verifying) = (Samples(), Samples())
        repeat {
            var signatures: [Signature] = []
            signatures.reserveCapacity(batch)
            try signing.time(of: batch) { () throws in
                for _ in 0..<batch { signatures.append(try sign()) }
            }
            let valid = verifying.time(of: batch) { signatures.count(where: verify) }
            guard valid == batch else { throw Mismatch() }
        } while signing.wantsMore(seconds)
        return (1 / signing.best, 1 / verifying.best)
    }

    private static func ed25519(_ content: [UInt8], _ seconds: Double) throws -> (signs: Double, verifies: Double) {
        let key = Curve25519.Signing.PrivateKey()
        let publicKey = key.publicKey
        return try rates(
            seconds, sign: { try key.signature(for: content) },
            verify: { publicKey.isValidSignature($0, for: content) })
    }

    private static func p256(_ content: [UInt8], _ seconds: Double) throws -> (signs: Double, verifies: Double) {
        let key = P256.Signing.PrivateKey()
        let publicKey = key.publicKey
        return try rates(
            seconds, sign: { try key.signature(for: content) },
            verify: { publicKey.isValidSignature($0, for: content) })
    }

    private static func p384(_ content: [UInt8], _ seconds: Double) throws -> (signs: Double, verifies: Double) {
        let key = P384.Signing.PrivateKey()
        let publicKey = key.publicKey
        return try rates(
            seconds, sign: { try key.signature(for: content) },
            verify: { publicKey.isValidSignature($0, for: content) })
    }

    private static func p521(_ content: [UInt8], _ seconds: Double) throws -> (signs: Double, verifies: Double) {
        let key = P521.Signing.PrivateKey()
        let publicKey = key.publicKey
        return try rates(
            seconds, sign: { try key.signature(for: content) },
            verify: { publicKey.isValidSignature($0, for: content) })
    }

    /// What `openssl speed` says. It signs a digest of 20 bytes, and so hashes nothing.
    private static func openssl(_ algorithm: String) -> (signs: Double, verifies: Double)? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl", "speed", "-seconds", "1", algorithm]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // The last line: the algorithm, seconds a signature, seconds a verification, and how many of each a second.
        let fields = text.split(separator: "\n").last?.split(separator: " ") ?? []
        guard process.terminationStatus == 0, fields.count >= 4, let signs = Double(fields[fields.count - 2]),
            let verifies = Double(fields[fields.count - 1])
        else { return nil }
        return (signs, verifies)
    }
}
