public import Crypto
public import MLSWire
import TLSSyntax

/// A key package with its private keys. It cannot be copied: once a group was joined with it, and that was stored, it is to be
/// deleted, unless it is one of last resort.
public struct KeyPackageSecrets: ~Copyable, Sendable {
    private let package: KeyPackage
    package let initKey: HPKEPrivateKey
    package let leafKey: HPKEPrivateKey

    package init(keyPackage: KeyPackage, initKey: HPKEPrivateKey, leafKey: HPKEPrivateKey) {
        package = keyPackage
        self.initKey = initKey
        self.leafKey = leafKey
    }

    // Not inlined, as ``StagedEpoch`` says.
    public var keyPackage: KeyPackage { @inline(never) get { package } }

    /// A key package whose private keys were made elsewhere.
    /// - Throws: ``MLSError/misuse(_:)`` if they do not belong to it.
    package init(
        _ keyPackage: KeyPackage, initKey: SymmetricKey, leafKey: SymmetricKey
    ) throws(MLSError) {
        let suite = try CipherSuite(keyPackage.cipherSuite)
        let initKey = try HPKEPrivateKey(raw: initKey, kem: suite.kem)
        let leafKey = try HPKEPrivateKey(raw: leafKey, kem: suite.kem)
        guard initKey.publicKey == keyPackage.initKey, leafKey.publicKey == keyPackage.leafNode.encryptionKey else {
            throw .misuse(.snapshot)
        }
        self.init(keyPackage: keyPackage, initKey: initKey, leafKey: leafKey)
    }

    /// The name by which a welcome finds it.
    public var reference: KeyPackageRef {
        get throws(MLSError) { try CipherSuite(keyPackage.cipherSuite).reference(to: keyPackage) }
    }

    /// All of it, for a store that keeps secrets.
    public var snapshot: SymmetricKey {
        var bytes: [UInt8] = [1]
        bytes.write(keyPackage)
        bytes.write(secret: initKey.raw)
        bytes.write(secret: leafKey.raw)
        return SymmetricKey(wiping: &bytes)
    }

    /// - Throws: ``MLSError/malformed(_:)`` or ``MLSError/misuse(_:)`` if it is no such snapshot.
    public init(restoring snapshot: SymmetricKey) throws(MLSError) {
        let (package, initKey, leafKey) = try MLSError.decoding { () throws(SyntaxError) in
            try snapshot.read { (reader) throws(SyntaxError) in
                guard try reader.uint8() == 1 else {
                    throw .invalidValue(offset: 0, "snapshot of an unknown version")
                }
                return (try KeyPackage(from: &reader), try reader.secret(), try reader.secret())
            }
        }
        try self.init(package, initKey: initKey, leafKey: leafKey)
    }
}
