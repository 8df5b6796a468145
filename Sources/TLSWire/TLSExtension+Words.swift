extension TLSExtension.Content {
    /// What it says, each value for itself. Names from the wire are made of printable ASCII, all else in them is shown as `\x0A`.
    public var words: [String] {
        switch self {
        case .unread: []
        case .serverName(let name): [Self.text(name)]
        case .maximumFragmentLength(let code): (1...4).contains(code) ? ["\(256 << Int(code)) bytes"] : ["code \(code)"]
        case .statusRequest(let type): [type == 1 ? "OCSP" : "type \(type)"]
        case .groups(let groups): groups.map(\.description)
        case .pointFormats(let formats): formats.map(Self.pointFormat)
        case .signatureSchemes(let schemes): schemes.map(\.description)
        case .heartbeat(let mode):
            [mode == 1 ? "the peer may send" : mode == 2 ? "the peer may not send" : "mode \(mode)"]
        case .protocols(let names): names.map(Self.text)
        case .timestamps(let lengths): lengths.map { "\($0) bytes" }
        case .certificateTypes(let types): types.map(Self.certificateType)
        case .compressions(let compressions): compressions.map(Self.compression)
        case .recordSizeLimit(let limit): ["\(limit) bytes"]
        case .preSharedKeys(let offer): offer.identityLengths.map { "identity of \($0) bytes" }
        case .selectedIdentity(let place): ["identity \(place)"]
        case .earlyDataLimit(let limit): ["\(limit) bytes"]
        case .versions(let versions): versions.map(\.description)
        case .pskModes(let modes): modes.map(Self.pskMode)
        case .authorities(let names): names
        case .keyShares(let shares):
            shares.map { $0.length == 0 ? $0.group.description : "\($0.group) (\($0.length) bytes)" }
        case .transportParameters(let numbers): numbers.map { "0x" + String($0, radix: 16) }
        case .encryptedClientHello(let hello): Self.words(of: hello)
        }
    }

    private static func words(of hello: EncryptedClientHello) -> [String] {
        switch hello.form {
        case .inner: ["inner"]
        case .answer: ["answer of \(hello.payloadLength) bytes"]
        case .outer:
            [
                "outer", hello.keyDerivationName, hello.cipherName, "configuration \(hello.configuration)",
                "key of \(hello.encapsulatedKeyLength) bytes", "payload of \(hello.payloadLength) bytes",
            ]
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { SafeText.ascii(bytes) }

    private static func pointFormat(_ format: UInt8) -> String {
        switch format {
        case 0: "uncompressed"
        case 1: "ansiX962_compressed_prime"
        case 2: "ansiX962_compressed_char2"
        default: "format \(format)"
        }
    }

    private static func certificateType(_ type: UInt8) -> String {
        switch type {
        case 0: "X.509"
        case 1: "OpenPGP"
        case 2: "raw public key"
        case 3: "1609Dot2"
        default: "type \(type)"
        }
    }

    private static func compression(_ number: UInt16) -> String {
        switch number {
        case 1: "zlib"
        case 2: "brotli"
        case 3: "zstd"
        default: GREASE.contains(number) ? "GREASE" : "compression \(number)"
        }
    }

    private static func pskMode(_ mode: UInt8) -> String {
        switch mode {
        case 0: "psk_ke"
        case 1: "psk_dhe_ke"
        default: GREASE.contains(mode: mode) ? "GREASE" : "mode \(mode)"
        }
    }
}

/// Text from the wire, which may hold anything.
enum SafeText {
    /// Printable ASCII as it is, and every other byte as `\x0A`; a backslash is doubled.
    static func ascii(_ bytes: some Collection<UInt8>) -> String {
        var text = ""
        text.reserveCapacity(bytes.count)
        for byte in bytes {
            switch byte {
            case 0x5C: text += "\\\\"
            case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}
