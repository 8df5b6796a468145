import TLSMonitor
import TLSWire

/// Events and reports as JSON objects, one on a line, for programs.
enum EventJSON {
    static func lines(for event: MonitorEvent) -> [String] {
        switch event {
        case .opened, .established: []
        case .record(let record): [line(for: record)]
        case .finding(let finding): [object(for: finding).line]
        case .closed(let flow): [object(for: flow).line]
        }
    }

    private static func line(for record: RecordEvent) -> String {
        var object = JSONLine()
        object.add("type", "record")
        object.add("flow", record.flow)
        object.add("dir", record.direction.rawValue)
        object.add("n", record.number)
        object.add("time_ns", Int(record.sighting.time))
        object.add("packet", record.sighting.packet)
        object.add("offset", record.offset)
        object.add("content_type", Int(record.contentType.rawValue))
        object.add("version", Int(record.version.rawValue))
        object.add("length", record.length)
        if record.seen < record.length { object.add("seen", record.seen) }
        object.add("class", record.kind.rawValue)
        if !record.words.isEmpty { object.add("messages", record.words) }
        switch record.inner {
        case nil: break
        case .authentic(let type, let words, let length, let padding):
            object.add("authentic", true)
            object.add("inner_type", Int(type))
            if !words.isEmpty { object.add("inner_messages", words) }
            object.add("inner_length", length)
            object.add("padding", padding)
        case .failed(let reason):
            object.add("authentic", false)
            object.add("failure", reason)
        }
        if let hello = record.clientHello {
            object.add("server_name", hello.extensions.serverName.map { EventLines.text($0) })
            object.add("protocols", hello.extensions.applicationProtocols.map { EventLines.text($0) })
            object.add("offers", hello.bestVersion.description)
            object.add("versions", hello.extensions.versions.map(\.description))
            object.add("cipher_suites", hello.cipherSuites.map(\.description))
            object.add("extensions", hello.extensions.types.map(hexadecimal))
            object.add("groups", hello.extensions.supportedGroups.map(\.description))
            object.add("key_shares", hello.extensions.keyShareGroups.map(\.description))
            object.add("signature_algorithms", hello.extensions.signatureAlgorithms.map(hexadecimal))
            object.add("encrypted_client_hello", hello.extensions.hasEncryptedClientHello)
            object.add("ja3", hello.ja3)
            object.add("ja3_text", hello.ja3Text)
            object.add("ja4", hello.ja4)
            object.add("ja4_text", hello.ja4Text)
        }
        if let hello = record.serverHello {
            object.add("chosen_version", hello.version.description)
            object.add("cipher_suite", hello.cipherSuite.description)
            object.add("group", hello.extensions.keyShareGroups.first?.description)
            object.add("extensions", hello.extensions.types.map(hexadecimal))
            object.add("ja3s", hello.ja3s)
            object.add("ja3s_text", hello.ja3sText)
        }
        return object.line
    }

    private static func hexadecimal(_ value: UInt16) -> String {
        "0x" + String(Int(value) + 0x1_0000, radix: 16).dropFirst()
    }

    private static func object(for finding: Finding) -> JSONLine {
        var object = JSONLine()
        object.add("type", "finding")
        object.add("weight", finding.weight.rawValue)
        object.add("words", finding.words)
        object.add("flow", finding.flow)
        object.add("dir", finding.direction?.rawValue)
        object.add("packet", finding.packet)
        object.add("offset", finding.offset)
        return object
    }

    private static func object(for flow: FlowSummary) -> JSONLine {
        var object = JSONLine()
        object.add("type", "flow")
        object.add("flow", flow.number)
        object.add("client", flow.client.description)
        object.add("server", flow.server.description)
        object.add("version", flow.version?.description)
        object.add("cipher_suite", flow.cipherSuite?.description)
        object.add("group", flow.group?.description)
        object.add("server_name", flow.serverName)
        object.add("protocol", flow.applicationProtocol)
        object.add("ja3", flow.ja3)
        object.add("ja3s", flow.ja3s)
        object.add("ja4", flow.ja4)
        object.add("established", flow.isEstablished)
        object.add("records", flow.records)
        if flow.opened + flow.unopened > 0 {
            object.add("opened", flow.opened)
            object.add("unopened", flow.unopened)
        }
        object.add("ledger", ledger(flow.ledger))
        return object
    }

    private static func ledger(_ ledger: ByteLedger) -> JSONLine {
        var object = JSONLine()
        object.add("handshake", ledger.handshake)
        object.add("ccs", ledger.changeCipherSpec)
        object.add("alert", ledger.alert)
        object.add("protected", ledger.protected)
        object.add("unaccounted", ledger.unaccounted)
        return object
    }

    private static func object(for inside: InnerReport) -> JSONLine {
        var object = JSONLine()
        object.add("verdict", inside.verdict.rawValue)
        for count in inside.counts { object.add(count.name, count.count) }
        var ledger = JSONLine()
        for entry in inside.ledger { ledger.add(entry.name, entry.bytes) }
        object.add("ledger", ledger)
        object.add("findings", inside.findings.map(Self.object(for:)))
        return object
    }

    static func line(for report: TrafficReport, digests: [CaptureDigest]) -> String {
        var object = JSONLine()
        object.add("type", "verdict")
        object.add("verdict", report.wholeVerdict.rawValue)
        if report.inside != nil { object.add("wire_verdict", report.verdict.rawValue) }
        object.add("payload", report.payloadBytes)
        object.add("ledger", ledger(report.ledger))
        object.add("packets", report.packets)
        object.add("flows", report.flowCount)
        object.add("established", report.establishedCount)
        object.add("opened", report.opened)
        object.add("unopened", report.unopened)
        object.add("markers", report.markers)
        object.add("control_found", report.control.found)
        object.add("control_of", report.control.of)
        object.add("findings", report.findings.map(Self.object(for:)))
        if let inside = report.inside { object.add("inside", Self.object(for: inside)) }
        object.add(
            "captures",
            digests.map { digest in
                var entry = JSONLine()
                entry.add("file", digest.file)
                entry.add("sha256", digest.sha256)
                return entry
            })
        return object.line
    }
}
