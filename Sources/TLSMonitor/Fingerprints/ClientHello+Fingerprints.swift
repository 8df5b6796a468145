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
    public var ja4: String { JA4Parts(self, isSorted: true).hashed }

    /// JA4 before its parts are hashed (`JA4_r`).
    public var ja4Text: String { JA4Parts(self, isSorted: true).text }

    /// JA4 of the lists as they stand in the hello, server name and protocols among them (`JA4_o`).
    public var ja4Original: String { JA4Parts(self, isSorted: false).hashed }

    /// The same before its parts are hashed (`JA4_ro`).
    public var ja4OriginalText: String { JA4Parts(self, isSorted: false).text }
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

private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
