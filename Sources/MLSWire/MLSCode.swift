public import TLSSyntax

/// A 16-bit code of an IANA registry of MLS (RFC 9420 §17). Codes that this version does not know are values too:
/// most lists must ignore them.
public protocol MLSCode: MLSStructure, RawRepresentable<UInt16>, CustomStringConvertible, Comparable {
    init(rawValue: UInt16)
    /// The names that the registry gives.
    static var names: [UInt16: String] { get }
}

extension MLSCode {
    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        self.init(rawValue: try reader.uint16())
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(rawValue)
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    public var description: String {
        Self.names[rawValue] ?? "0x" + String(0x1_0000 + Int(rawValue), radix: 16).dropFirst()
    }

    /// Whether the code is one of those that are sent to see whether others ignore them (§13.5).
    public var isGREASE: Bool {
        rawValue & 0x0F0F == 0x0A0A && rawValue >> 8 == rawValue & 0xFF && rawValue != 0xFAFA
    }
}

/// A version of the protocol (§6).
public struct ProtocolVersion: MLSCode {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let mls10 = Self(rawValue: 1)
    public static let names: [UInt16: String] = [1: "mls10"]
}

/// A cipher suite (§17.1). Which of them can be used is for the target `MLS` to say.
public struct MLSCipherSuite: MLSCode {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let x25519AES128 = Self(rawValue: 1)
    public static let p256AES128 = Self(rawValue: 2)
    public static let x25519ChaCha20 = Self(rawValue: 3)
    public static let x448AES256 = Self(rawValue: 4)
    public static let p521AES256 = Self(rawValue: 5)
    public static let x448ChaCha20 = Self(rawValue: 6)
    public static let p384AES256 = Self(rawValue: 7)

    public static let names: [UInt16: String] = [
        1: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
        2: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
        3: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
        4: "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448",
        5: "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
        6: "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448",
        7: "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
    ]
}

/// What an MLS message holds (§17.2).
public struct WireFormat: MLSCode {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let publicMessage = Self(rawValue: 1)
    public static let privateMessage = Self(rawValue: 2)
    public static let welcome = Self(rawValue: 3)
    public static let groupInfo = Self(rawValue: 4)
    public static let keyPackage = Self(rawValue: 5)

    public static let names: [UInt16: String] = [
        1: "mls_public_message", 2: "mls_private_message", 3: "mls_welcome", 4: "mls_group_info", 5: "mls_key_package",
    ]
}

/// The type of an extension (§17.3).
public struct ExtensionType: MLSCode {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let applicationID = Self(rawValue: 1)
    public static let ratchetTree = Self(rawValue: 2)
    public static let requiredCapabilities = Self(rawValue: 3)
    public static let externalPub = Self(rawValue: 4)
    public static let externalSenders = Self(rawValue: 5)
    /// Marks a key package that may be used more than once (draft-ietf-mls-extensions, "last_resort").
    public static let lastResort = Self(rawValue: 0x000A)

    /// Whether every client knows it, so that nobody lists it among its capabilities (§7.2).
    public var isDefault: Bool { (1...5).contains(rawValue) }

    public static let names: [UInt16: String] = [
        1: "application_id", 2: "ratchet_tree", 3: "required_capabilities", 4: "external_pub", 5: "external_senders",
        0x000A: "last_resort_key_package",
    ]
}

/// The type of a proposal (§17.4).
public struct ProposalType: MLSCode {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let add = Self(rawValue: 1)
    public static let update = Self(rawValue: 2)
    public static let remove = Self(rawValue: 3)
    public static let preSharedKey = Self(rawValue: 4)
    public static let reInit = Self(rawValue: 5)
    public static let externalInit = Self(rawValue: 6)
    public static let groupContextExtensions = Self(rawValue: 7)

    /// Whether every client knows it, so that nobody lists it among its capabilities (§7.2).
    public var isDefault: Bool { (1...7).contains(rawValue) }

    public static let names: [UInt16: String] = [
        1: "add", 2: "update", 3: "remove", 4: "psk", 5: "reinit", 6: "external_init", 7: "group_context_extensions",
    ]
}

/// The type of a credential (§17.5).
public struct CredentialType: MLSCode {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let basic = Self(rawValue: 1)
    public static let x509 = Self(rawValue: 2)
    public static let names: [UInt16: String] = [1: "basic", 2: "x509"]
}
