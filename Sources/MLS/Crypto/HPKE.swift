package import Crypto
import Foundation
package import MLSWire
import TLSSyntax

/// A private key of HPKE with its public key, parsed: parsing a number computes its point anew.
package struct HPKEPrivateKey: Sendable {
    /// The private key as RFC 9180 serialises it (§7.1.2).
    package let raw: SymmetricKey
    package let publicKey: HPKEPublicKey
    let key: KEM.PrivateKey

    /// - Throws: ``ValidationRule/hpkeKeyIsValid`` if the bytes are no private key.
    package init(raw: SymmetricKey, kem: KEM) throws(MLSError) {
        let raw = raw.padded(to: kem.privateKeyLength)
        guard let key = try? raw.withUnsafeBytes({ try KEM.PrivateKey($0, kem) }) else {
            throw .invalid(.hpkeKeyIsValid)
        }
        self.init(raw: raw, key: key)
    }

    /// A new key.
    package init(generating kem: KEM) {
        while true {
            var candidate = SymmetricKey.random(count: kem.privateKeyLength)
            if kem.firstByteMask != 0xFF {
                var bytes = candidate.bytes
                bytes[0] &= kem.firstByteMask
                candidate = SymmetricKey(wiping: &bytes)
            }
            if let key = try? candidate.withUnsafeBytes({ try KEM.PrivateKey($0, kem) }) {
                self.init(raw: candidate, key: key)
                return
            }
        }
    }

    /// `DeriveKeyPair` (RFC 9180 §7.1.3).
    package init(deriving secret: SymmetricKey, suite: CipherSuite) {
        let kem = suite.kem
        let labels = HPKELabels(kem: suite)
        let root = labels.extract(salt: SymmetricKey(data: [UInt8]()), "dkp_prk", secret)
        if kem == .x25519 {
            let raw = labels.expand(root, "sk", info: [], length: kem.privateKeyLength)
            if let key = try? raw.withUnsafeBytes({ try KEM.PrivateKey($0, kem) }) {
                self.init(raw: raw, key: key)
                return
            }
        }
        for counter in 0...UInt8.max {
            var bytes = labels.expand(root, "candidate", info: [counter], length: kem.privateKeyLength).bytes
            bytes[0] &= kem.firstByteMask
            let raw = SymmetricKey(wiping: &bytes)
            if let key = try? raw.withUnsafeBytes({ try KEM.PrivateKey($0, kem) }) {
                self.init(raw: raw, key: key)
                return
            }
        }
        preconditionFailure("256 candidates in a row above the order: less likely than 2^-8000")
    }

    private init(raw: SymmetricKey, key: KEM.PrivateKey) {
        self.raw = raw
        self.key = key
        publicKey = HPKEPublicKey(bytes: key.publicKey)
    }

    /// `SetupBaseR` (RFC 9180 §5.1.1).
    /// - Throws: ``ValidationRule/hpkeDecrypts`` if the KEM's output is none.
    package func decapsulate(_ kemOutput: [UInt8], suite: CipherSuite, info: [UInt8]) throws(MLSError) -> HPKEKeys {
        let shared = try unwrap(
            .hpkeDecrypts, (try? KEM.PublicKey(kemOutput, suite.kem)).flatMap { key.agree(with: $0) })
        return HPKEKeys(
            suite: suite, shared: shared, kemContext: kemOutput + publicKey.bytes,
            info: HPKEInfo(suite: suite, info))
    }
}

/// The sender's side of HPKE in base mode (RFC 9180 §5.1.1).
///
/// Ours and not swift-crypto's: that one takes 80 µs more for each key on a NIST curve, and sends to an X25519 key whose
/// secrets are all zero. Both were measured; a test lets each open what the other sealed.
package struct HPKESender {
    package let kemOutput: [UInt8]
    package let keys: HPKEKeys

    /// - Throws: ``ValidationRule/hpkeKeyIsValid`` if the recipient's key is none.
    package init(suite: CipherSuite, to recipient: HPKEPublicKey, info: HPKEInfo) throws(MLSError) {
        let ephemeral = HPKEPrivateKey(generating: suite.kem)
        let shared = try unwrap(
            .hpkeKeyIsValid,
            (try? KEM.PublicKey(recipient.bytes, suite.kem)).flatMap { ephemeral.key.agree(with: $0) })
        kemOutput = ephemeral.publicKey.bytes
        keys = HPKEKeys(suite: suite, shared: shared, kemContext: kemOutput + recipient.bytes, info: info)
    }
}

/// What of the key schedule of HPKE does not depend on the keys (RFC 9180 §5.1): `key_schedule_context`, in base mode.
package struct HPKEInfo: Sendable {
    let context: [UInt8]

    package init(suite: CipherSuite, _ info: [UInt8]) {
        let none = SymmetricKey(data: [UInt8]())
        let labels = HPKELabels(suite)
        context =
            [0] + labels.extract(salt: none, "psk_id_hash", none).bytes
            + labels.hash("info_hash", info)
    }
}

/// What both sides of HPKE derive (RFC 9180 §5.1), for a single message.
package struct HPKEKeys {
    private let suite: CipherSuite
    private let secret: SymmetricKey
    private let context: [UInt8]

    init(suite: CipherSuite, shared: SymmetricKey, kemContext: [UInt8], info: HPKEInfo) {
        self.suite = suite
        let none = SymmetricKey(data: [UInt8]())
        let kem = HPKELabels(kem: suite)
        let sharedSecret = kem.expand(
            kem.extract(salt: none, "eae_prk", shared), "shared_secret", info: kemContext,
            length: suite.hash.byteCount)
        let labels = HPKELabels(suite)
        context = info.context
        secret = labels.extract(salt: sharedSecret, "secret", none)
    }

    /// Encrypts the one message, without further authenticated data.
    package func seal(_ plaintext: SymmetricKey) -> [UInt8] {
        var bytes = plaintext.bytes
        defer { bytes.wipe() }
        return suite.aead.seal(bytes, key: key, nonce: nonce, authenticating: [])
    }

    /// Decrypts the one message; nil if it was not made for these keys.
    package func open(_ ciphertext: [UInt8]) -> SymmetricKey? {
        guard var data = suite.aead.open(ciphertext, key: key, nonce: nonce, authenticating: []) else { return nil }
        defer { data.resetBytes(in: data.startIndex..<data.endIndex) }
        return SymmetricKey(data: data)
    }

    /// `Context.Export` (RFC 9180 §5.3).
    package func export(_ exporterContext: [UInt8], length: Int) -> SymmetricKey {
        let labels = HPKELabels(suite)
        let exporter = labels.expand(secret, "exp", info: context, length: suite.hash.byteCount)
        return labels.expand(exporter, "sec", info: exporterContext, length: length)
    }

    private var key: SymmetricKey {
        HPKELabels(suite).expand(secret, "key", info: context, length: suite.aead.keyLength)
    }

    private var nonce: [UInt8] {
        HPKELabels(suite).expand(secret, "base_nonce", info: context, length: suite.aead.nonceLength).bytes
    }
}

/// `LabeledExtract` and `LabeledExpand` (RFC 9180 §4). The KEM and the rest have names of their own.
struct HPKELabels {
    private let hash: HashFunction
    private let suiteID: [UInt8]

    init(_ suite: CipherSuite) {
        hash = suite.hash
        let kdf: UInt16 =
            switch suite.hash {
            case .sha256: 1
            case .sha384: 2
            case .sha512: 3
            }
        var id = Array("HPKE".utf8)
        id.write(suite.kem.hpkeID)
        id.write(kdf)
        id.write(suite.aead.hpkeID)
        suiteID = id
    }

    /// The KEM's own. In every suite of MLS its hash is that of the suite.
    init(kem suite: CipherSuite) {
        hash = suite.hash
        var id = Array("KEM".utf8)
        id.write(suite.kem.hpkeID)
        suiteID = id
    }

    func extract(salt: SymmetricKey, _ label: String, _ secret: SymmetricKey) -> SymmetricKey {
        var bytes = Array("HPKE-v1".utf8) + suiteID + Array(label.utf8)
        bytes.reserveCapacity(bytes.count + secret.bitCount / 8)
        secret.withUnsafeBytes { bytes.append(contentsOf: $0) }
        return hash.extract(salt: salt, SymmetricKey(wiping: &bytes))
    }

    func expand(_ secret: SymmetricKey, _ label: String, info: [UInt8], length: Int) -> SymmetricKey {
        var bytes: [UInt8] = []
        bytes.write(UInt16(truncatingIfNeeded: length))
        bytes.append(contentsOf: "HPKE-v1".utf8)
        bytes.append(contentsOf: suiteID)
        bytes.append(contentsOf: label.utf8)
        bytes.append(contentsOf: info)
        return hash.expand(secret, info: bytes, length: length)
    }

    /// `LabeledExtract` without salt of what is no secret and may be long.
    func hash(_ label: String, _ content: [UInt8]) -> [UInt8] {
        let prefix = Array("HPKE-v1".utf8) + suiteID + Array(label.utf8)
        return hash.mac(prefix, content, key: SymmetricKey(data: [UInt8]()))
    }
}
