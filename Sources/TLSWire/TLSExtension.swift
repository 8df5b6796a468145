import TLSSyntax

/// One extension of a hello or of another handshake message (RFC 8446 §4.2).
public struct TLSExtension: Hashable, Sendable {
    public var type: TLSExtensionType
    /// Bytes of its content, as it announces them.
    public var length: Int
    /// What stands in it; of a malformed one, what could be read before the fault.
    public internal(set) var content: Content = .unread
    /// Why it is malformed, if it is.
    public internal(set) var problem: String?

    public init(type: TLSExtensionType, length: Int) {
        self.type = type
        self.length = length
    }

    /// In which message it stands: some mean another thing in each.
    public enum Place: Hashable, Sendable {
        case clientHello, serverHello, encryptedExtensions, certificateRequest, certificate, newSessionTicket
    }

    /// What the content of an extension says.
    public enum Content: Hashable, Sendable {
        /// It says something that this type does not tell, or nothing: its presence is the message.
        case unread
        /// RFC 6066 §3: the host that is asked for, as it stands there.
        case serverName([UInt8])
        /// RFC 6066 §4: 1 for 2^9 bytes, up to 4 for 2^12.
        case maximumFragmentLength(UInt8)
        /// RFC 6066 §8: 1 is OCSP.
        case statusRequest(UInt8)
        case groups([NamedGroup])
        case pointFormats([UInt8])
        /// Of `signature_algorithms`, `signature_algorithms_cert` and `delegated_credential`.
        case signatureSchemes([SignatureScheme])
        /// RFC 6520 §2: 1 lets the peer send heartbeats, 2 does not.
        case heartbeat(UInt8)
        /// Of ALPN, ALPS and NPN, as they stand there.
        case protocols([[UInt8]])
        /// RFC 6962 §3.3: the length of each timestamp.
        case timestamps([Int])
        /// RFC 7250, RFC 6091.
        case certificateTypes([UInt8])
        /// RFC 8879 §3.
        case compressions([UInt16])
        /// RFC 8449 §4.
        case recordSizeLimit(UInt16)
        case preSharedKeys(PreSharedKeyOffer)
        /// The place of the identity that the server took.
        case selectedIdentity(UInt16)
        /// RFC 8446 §4.2.10: how much early data a ticket allows.
        case earlyDataLimit(UInt32)
        case versions([TLSVersion])
        /// RFC 8446 §4.2.9: 0 is the key alone, 1 with a key exchange.
        case pskModes([UInt8])
        /// RFC 8446 §4.2.4: as RFC 4514 writes them.
        case authorities([String])
        case keyShares([KeyShare])
        /// RFC 9000 §18: the parameters that are there.
        case transportParameters([UInt64])
        indirect case encryptedClientHello(EncryptedClientHello)
    }
}

/// A key for the key exchange (RFC 8446 §4.2.8).
public struct KeyShare: Hashable, Sendable {
    public var group: NamedGroup
    /// Bytes of the key; 0 where a HelloRetryRequest names the group alone.
    public var length: Int

    public init(group: NamedGroup, length: Int) {
        self.group = group
        self.length = length
    }
}

/// Keys that a client offers to go on with (RFC 8446 §4.2.11).
public struct PreSharedKeyOffer: Hashable, Sendable {
    /// The length of each identity: of a ticket, or of a name.
    public var identityLengths: [Int] = []
    /// As they stand there: milliseconds since the ticket came, plus a secret number.
    public var obfuscatedAges: [UInt32] = []
    public var binderLengths: [Int] = []

    public init() {}
}

/// An encrypted ClientHello, or a bluff that looks the same (RFC 9849 §5, §6.2). Nobody but the server can tell one from the other,
/// and whether the server took it cannot be seen either.
public struct EncryptedClientHello: Hashable, Sendable {
    public enum Form: Hashable, Sendable {
        /// Of the hello that is sent in the clear.
        case outer
        /// Of the hello inside, which only keys show.
        case inner
        /// A server's answer: new configurations, or a confirmation in a HelloRetryRequest.
        case answer
    }

    public var form: Form
    /// HPKE's numbers (RFC 9180 §7.2, §7.3).
    public var keyDerivation: UInt16 = 0
    public var cipher: UInt16 = 0
    public var configuration: UInt8 = 0
    /// Bytes of the encapsulated key: 0 in the second hello, 32 for X25519.
    public var encapsulatedKeyLength = 0
    /// Bytes of the encrypted hello or of the answer.
    public var payloadLength = 0

    public init(form: Form) {
        self.form = form
    }

    /// `HKDF-SHA256`
    public var keyDerivationName: String {
        switch keyDerivation {
        case 1: "HKDF-SHA256"
        case 2: "HKDF-SHA384"
        case 3: "HKDF-SHA512"
        default: "KDF \(keyDerivation)"
        }
    }

    /// `AES-128-GCM`
    public var cipherName: String {
        switch cipher {
        case 1: "AES-128-GCM"
        case 2: "AES-256-GCM"
        case 3: "ChaCha20Poly1305"
        default: "AEAD \(cipher)"
        }
    }
}
