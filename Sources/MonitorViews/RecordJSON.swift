import TLSMonitor
import TLSWire

/// The line of a record.
enum RecordJSON {
    static func write(_ record: RecordEvent, _ head: FlowHead, to out: inout JSONWriter) {
        out.beginObject()
        out.members(record.isPartial ? Self.partial : Self.whole)
        out.add("ts", nanoseconds: record.sighting.time)
        out.members(head.identity)
        out.add("frame", record.sighting.packet)
        out.members(record.direction == .clientToServer ? head.fromClient : head.fromServer)
        out.add("n", record.number)
        out.add("off", record.offset)
        // Records of SSL 2.0 have no type.
        if record.version != .ssl2 { out.add("type", Int(record.contentType.rawValue)) }
        out.add("ver", hexadecimal: record.version.rawValue)
        out.add("len", record.length)
        if record.isPartial { out.add("seen", record.seen) }
        out.members(Self.classes[record.kind] ?? [])
        if !record.messages.isEmpty { out.array("hs", record.messages) { $0.value(Int($1.rawValue)) } }
        if !record.words.isEmpty, record.alert == nil { out.add("msgs", record.words) }
        if let hello = record.clientHello { write(hello, to: &out) }
        if let hello = record.serverHello { write(hello, to: &out) }
        if let alert = record.alert { write(alert, to: &out) }
        if !record.certificates.isEmpty {
            out.array("certs", record.certificates) { CertificateJSON.write($1, to: &$0) }
        }
        if let inference = record.inference {
            out.add("inferred", inference.names)
            out.add("conf", share: inference.confidence)
        }
        if let inner = record.inner { write(inner, to: &out) }
        out.endObject()
        out.endLine()
    }

    private static let whole = kind("record")
    private static let partial = kind("partial")

    private static func kind(_ name: String) -> [UInt8] {
        var out = JSONWriter()
        out.add("t", name)
        return out.bytes
    }

    private static let classes: [RecordClass: [UInt8]] = {
        let all: [RecordClass] = [.handshake, .changeCipherSpec, .alert, .protected, .unaccounted]
        return Dictionary(
            uniqueKeysWithValues: all.map { kind in
                var out = JSONWriter()
                out.add("class", kind.rawValue)
                return (kind, out.bytes)
            })
    }()

    private static func write(_ alert: Alert, to out: inout JSONWriter) {
        out.add("alert", Int(alert.code))
        out.add("alert_level", Int(alert.level))
        out.add("alert_name", alert.description)
    }

    /// What the keys show.
    private static func write(_ inner: InnerRecord, to out: inout JSONWriter) {
        switch inner {
        case .authentic(let content):
            out.add("auth", true)
            out.add("inner", Int(content.type))
            out.add("inner_len", content.length)
            out.add("pad", content.padding)
            if !content.messages.isEmpty {
                out.array("hs", content.messages) { $0.value(Int($1.rawValue)) }
                out.array("msgs", content.messages) { $0.value($1.description) }
            }
            if let alert = content.alert { write(alert, to: &out) }
            if content.isNested { out.add("nested", true) }
        case .failed(let failure, let words):
            out.add("auth", false)
            out.add("fail", failure.rawValue)
            out.add("fail_words", words)
        }
    }

    private static func write(_ hello: ClientHello, to out: inout JSONWriter) {
        let extensions = hello.extensions
        out.add("sni", wire: extensions.serverName)
        if !extensions.applicationProtocols.isEmpty {
            out.array("alpn", extensions.applicationProtocols) { $0.value(wire: $1) }
        }
        out.add("ja3", hello.ja3)
        out.add("ja3_text", hello.ja3Text)
        out.add("ja4", hello.ja4)
        out.add("ja4_r", hello.ja4Text)
        out.add("ja4_o", hello.ja4Original)
        out.add("ja4_ro", hello.ja4OriginalText)
        out.array("versions", extensions.versions) { $0.value(hexadecimal: $1.rawValue) }
        out.array("suites", hello.cipherSuites) { $0.value(hexadecimal: $1.rawValue) }
        out.array("groups", extensions.supportedGroups) { $0.value(Int($1.rawValue)) }
        out.array("key_shares", extensions.keyShareGroups) { $0.value(Int($1.rawValue)) }
        out.array("sig_algs", extensions.signatureAlgorithms) { $0.value(hexadecimal: $1) }
        out.array("extensions", extensions.types) { $0.value(Int($1)) }
        out.add("pq", hello.offersPostQuantum || hello.sharesPostQuantumKey)
        if extensions.hasEncryptedClientHello { out.add("ech", "grease-or-real") }
        if extensions.hasPreSharedKey { out.add("psk", true) }
        if extensions.hasEarlyData { out.add("early_data", true) }
    }

    private static func write(_ hello: ServerHello, to out: inout JSONWriter) {
        out.add("sver", hexadecimal: hello.version.rawValue)
        out.add("cipher", hexadecimal: hello.cipherSuite.rawValue)
        out.add("cipher_name", ZeekNames.cipher(hello.cipherSuite))
        if let group = hello.extensions.keyShareGroups.first {
            out.add("group", Int(group.rawValue))
            out.add("group_name", group.description)
            out.add("pq", group.isPostQuantum)
        }
        out.add("ja3s", hello.ja3s)
        out.add("ja3s_text", hello.ja3sText)
        out.add("selected_alpn", wire: hello.extensions.applicationProtocols.first)
        out.array("extensions", hello.extensions.types) { $0.value(Int($1)) }
        if hello.extensions.hasPreSharedKey { out.add("psk", true) }
        if hello.isRetryRequest { out.add("retry", true) }
    }
}

/// A certificate in the clear.
enum CertificateJSON {
    static func write(_ certificate: CertificateFacts, to out: inout JSONWriter) {
        out.beginObject()
        out.add("subject", certificate.subject)
        out.add("issuer", certificate.issuer)
        out.add("serial", certificate.serialNumber)
        out.add("not_before", Int(certificate.notBefore))
        out.add("not_after", Int(certificate.notAfter))
        if !certificate.alternativeNames.isEmpty { out.add("san", certificate.alternativeNames) }
        out.add("key", certificate.key)
        out.add("sig", certificate.signatureAlgorithm)
        out.add("ca", certificate.isAuthority)
        out.add("sha256", certificate.fingerprint)
        out.endObject()
    }
}
