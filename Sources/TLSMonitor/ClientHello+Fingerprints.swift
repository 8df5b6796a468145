import Crypto
public import TLSWire

/// Short names for what a client offers, by which the same program is known again.
///
/// They say which program it may be, and prove nothing: a program can offer what another does.
extension ClientHello {
    /// JA3 before it is hashed: version, cipher suites, extensions, groups and point formats, as numbers, without GREASE.
    public var ja3Text: String {
        func list(_ values: [UInt16]) -> String {
            values.filter { !GREASE.contains($0) }.map(String.init).joined(separator: "-")
        }
        return [
            String(legacyVersion.rawValue), list(cipherSuites.map(\.rawValue)), list(extensions.types),
            list(extensions.supportedGroups.map(\.rawValue)),
            extensions.pointFormats.map { String($0) }.joined(separator: "-"),
        ].joined(separator: ",")
    }

    /// JA3: the MD5 of ``ja3Text``.
    public var ja3: String { hexadecimal(Insecure.MD5.hash(data: Array(ja3Text.utf8))) }

    /// JA4: what is offered, counted, and two hashes: of the cipher suites, and of extensions and signature algorithms,
    /// which are sorted, since clients shuffle them. The lists that are hashed are ``ja4Text``.
    public var ja4: String {
        "\(ja4Counts)_\(shortHash(sortedSuites))_\(shortHash(sortedExtensions))"
    }

    /// JA4 before its parts are hashed (`JA4_r`).
    public var ja4Text: String { "\(ja4Counts)_\(sortedSuites)_\(sortedExtensions)" }

    private var ja4Counts: String {
        let name = extensions.types.contains(0) ? "d" : "i"
        let suites = min(cipherSuites.count { !GREASE.contains($0.rawValue) }, 99)
        let types = min(extensions.types.count { !GREASE.contains($0) }, 99)
        return "t\(ja4Version)\(name)\(twoDigits(suites))\(twoDigits(types))\(ja4Protocol)"
    }

    private var ja4Version: String {
        let offered = extensions.versions.filter { !GREASE.contains($0.rawValue) }
        return switch (offered.max() ?? legacyVersion).rawValue {
        case 0x0304: "13"
        case 0x0303: "12"
        case 0x0302: "11"
        case 0x0301: "10"
        case 0x0300: "s3"
        case 0x0002: "s2"
        default: "00"
        }
    }

    /// The first and the last character of the first protocol; of its hexadecimal digits if one of them is neither a letter nor a digit.
    private var ja4Protocol: String {
        guard let name = extensions.applicationProtocols.first, let first = name.first, let last = name.last else {
            return "00"
        }
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        if isPlain(first), isPlain(last) {
            return String(decoding: [first, last], as: UTF8.self)
        }
        return String(first >> 4, radix: 16) + String(last & 0x0F, radix: 16)
    }

    private var sortedSuites: String {
        fourDigits(cipherSuites.map(\.rawValue).filter { !GREASE.contains($0) }.sorted())
    }

    /// Server name and protocols are left out: they change with the site and not with the program.
    private var sortedExtensions: String {
        let types = extensions.types.filter { !GREASE.contains($0) && $0 != 0 && $0 != 16 }.sorted()
        let algorithms = extensions.signatureAlgorithms.filter { !GREASE.contains($0) }
        return fourDigits(types) + (algorithms.isEmpty ? "" : "_" + fourDigits(algorithms))
    }
}

extension ServerHello {
    /// JA3S before it is hashed: version, cipher suite and extensions.
    public var ja3sText: String {
        let types = extensions.types.filter { !GREASE.contains($0) }.map(String.init).joined(separator: "-")
        return "\(legacyVersion.rawValue),\(cipherSuite.rawValue),\(types)"
    }

    /// JA3S: the MD5 of ``ja3sText``.
    public var ja3s: String { hexadecimal(Insecure.MD5.hash(data: Array(ja3sText.utf8))) }
}

/// The first twelve digits of the SHA-256; zeros for an empty list.
private func shortHash(_ list: String) -> String {
    list.isEmpty
        ? String(repeating: "0", count: 12) : String(hexadecimal(SHA256.hash(data: Array(list.utf8))).prefix(12))
}

private func fourDigits(_ values: [UInt16]) -> String {
    values.map { String(String(Int($0) + 0x1_0000, radix: 16).dropFirst()) }.joined(separator: ",")
}

private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
