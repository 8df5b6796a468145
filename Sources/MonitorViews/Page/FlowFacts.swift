import TLSMonitor
import TLSWire

/// What was negotiated in a connection, and the rest of what stands in its handshake.
enum FlowFacts {
    private static let mostListed = 64

    /// - Parameter score: how much sizes and times give away, `0...100`.
    static func facts(of flow: FlowSummary, timeline: FlowTimeline, score: Int?) -> [(name: String, content: String)] {
        var facts: [(name: String, content: String)] = []
        func add(_ name: String, _ words: String?) {
            if let words, !words.isEmpty { facts.append((name, HTML.text(words))) }
        }
        add("Version", flow.version?.description)
        add("Cipher suite", flow.cipherSuite?.description)
        add("Key exchange", flow.group.map { "\($0)\($0.isPostQuantum ? ", post-quantum" : "")" })
        add("Server name", flow.serverName)
        add("First protocol offered", flow.applicationProtocol)
        add("Before TLS", flow.prefix)
        add("History", flow.history)
        if flow.opened + flow.unopened > 0 {
            add("Keys", "opened \(flow.opened.grouped) of \((flow.opened + flow.unopened).of("record"))")
        }
        for (side, name) in [(0, "Client's records"), (1, "Server's records")] where side < timeline.sizes.count {
            let sizes = timeline.sizes[side]
            guard sizes.records > 0 else { continue }
            let range =
                sizes.smallest == sizes.largest
                ? sizes.largest.of("byte") : "\(sizes.smallest.grouped) to \(sizes.largest.of("byte"))"
            add(name, "\(sizes.records.grouped), \(Measures.bytes(sizes.bytes)), each \(range)")
        }
        add("Rules of TLS", RuleSection.words(of: flow.conformance))
        add("Leak score", score.map { "\($0) of 100, by sizes and times" })
        for (name, print) in [("JA4", flow.ja4), ("JA3", flow.ja3), ("JA3S", flow.ja3s)] {
            if let print { facts.append((name, "<code>\(HTML.text(print))</code>")) }
        }
        return facts
    }

    /// Folded up: the hellos and the certificates.
    static func details(of flow: FlowSummary) -> String {
        var parts = ""
        if let hello = flow.clientHello { parts += fold("What the client offered", offered(hello)) }
        if let hello = flow.serverHello { parts += fold("What the server chose", chosen(hello)) }
        parts += certificates("The server's certificates, in the clear", flow.serverCertificates)
        parts += certificates("The client's certificates, in the clear", flow.clientCertificates)
        return parts
    }

    private static func fold(_ title: String, _ entries: [(name: String, content: String)]) -> String {
        "<details><summary>\(title)</summary>\(HTML.definitions(entries))</details>\n"
    }

    private static func offered(_ hello: ClientHello) -> [(name: String, content: String)] {
        let extensions = hello.extensions
        return escaped([
            ("Versions", list(extensions.versions.isEmpty ? [hello.legacyVersion] : extensions.versions)),
            ("Cipher suites", list(hello.cipherSuites)),
            ("Groups", list(extensions.supportedGroups)),
            ("Keys sent for", list(extensions.keyShareGroups)),
            ("Protocols", list(extensions.applicationProtocols.map { SafeBytes.line($0) })),
            ("Signatures", list(extensions.signatureAlgorithms.map(hexadecimal))),
            ("Extensions", list(extensions.types.map(hexadecimal))),
            ("Session id", hello.sessionID.isEmpty ? "none" : hello.sessionID.count.of("byte")),
            ("Early data", extensions.hasEarlyData ? "yes" : "no"),
            ("Resumption", extensions.hasPreSharedKey ? "a ticket is shown" : "no"),
            (
                "Encrypted Client Hello",
                extensions.hasEncryptedClientHello ? "there, or a bluff that looks the same" : "no"
            ),
        ])
    }

    private static func chosen(_ hello: ServerHello) -> [(name: String, content: String)] {
        escaped([
            ("Version", "\(hello.version)"),
            ("Cipher suite", "\(hello.cipherSuite)"),
            ("Group", list(hello.extensions.keyShareGroups)),
            ("Protocol", list(hello.extensions.applicationProtocols.map { SafeBytes.line($0) })),
            ("Extensions", list(hello.extensions.types.map(hexadecimal))),
            ("Downgrade", hello.admitsDowngrade ? "the server says that it was talked down from a newer version" : ""),
        ])
    }

    /// Without what is empty.
    private static func escaped(_ entries: [(name: String, content: String)]) -> [(name: String, content: String)] {
        entries.filter { !$0.content.isEmpty }.map { (name: $0.name, content: HTML.text($0.content)) }
    }

    private static func certificates(_ title: String, _ certificates: [CertificateFacts]) -> String {
        guard !certificates.isEmpty else { return "" }
        let rows = certificates.prefix(16).map { certificate in
            [
                HTML.text(certificate.subject), HTML.text(certificate.issuer),
                HTML.text(certificate.alternativeNames.prefix(16).joined(separator: ", ")),
                "\(Measures.day(certificate.notBefore)) to \(Measures.day(certificate.notAfter))",
                HTML.text(certificate.key), "<code>\(HTML.text(String(certificate.fingerprint.prefix(16))))…</code>",
            ]
        }
        return "<details><summary>\(title)</summary>"
            + HTML.table(
                caption: title, head: ["Subject", "Issuer", "Names", "Valid", "Key", "SHA-256"], rows: rows)
            + "</details>\n"
    }

    private static func list(_ values: [some CustomStringConvertible]) -> String {
        let rest = values.count - mostListed
        return values.prefix(mostListed).map(\.description).joined(separator: ", ")
            + (rest > 0 ? " and \(rest) more" : "")
    }

    private static func hexadecimal(_ value: UInt16) -> String {
        "0x" + String(Int(value) + 0x1_0000, radix: 16).dropFirst()
    }
}
