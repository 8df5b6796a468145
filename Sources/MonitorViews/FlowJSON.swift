import TLSMonitor
import TLSWire

/// The line of a connection: Zeek's `ssl.log`, and what that has not.
enum FlowJSON {
    /// Without the closing brace.
    static func write(_ flow: FlowSummary, to out: inout JSONWriter) {
        out.beginObject()
        out.add("t", "flow")
        out.add("ts", nanoseconds: flow.start.time)
        out.add("uid", FlowIdentity.uid(client: flow.client, server: flow.server, start: flow.start.time))
        out.add("id.orig_h", flow.client.address.description)
        out.add("id.orig_p", Int(flow.client.port))
        out.add("id.resp_h", flow.server.address.description)
        out.add("id.resp_p", Int(flow.server.port))
        out.add("version", flow.version.map(ZeekNames.version))
        out.add("cipher", flow.cipherSuite.map(ZeekNames.cipher))
        out.add("curve", flow.group.map(ZeekNames.curve))
        out.add("server_name", wire: flow.clientHello?.extensions.serverName)
        out.add("resumed", flow.isResumed)
        out.add("last_alert", flow.lastAlert?.description)
        out.add("next_protocol", wire: flow.serverHello?.extensions.applicationProtocols.first)
        out.add("established", flow.isEstablished)
        out.add("ssl_history", flow.history)
        if !flow.serverCertificates.isEmpty {
            out.add("cert_chain_fps", flow.serverCertificates.map(\.fingerprint))
        }
        if !flow.clientCertificates.isEmpty {
            out.add("client_cert_chain_fps", flow.clientCertificates.map(\.fingerprint))
        }
        if let name = flow.serverName, let leaf = flow.serverCertificates.first {
            out.add("sni_matches_cert", HostName.matches(name, leaf.alternativeNames))
        }
        writeOurs(flow, to: &out)
    }

    private static func writeOurs(_ flow: FlowSummary, to out: inout JSONWriter) {
        out.add("flow", flow.number)
        out.add("frame", flow.start.packet)
        out.add("last_frame", flow.last.packet)
        let (duration, isTooLong) = flow.last.time.subtractingReportingOverflow(flow.start.time)
        if !isTooLong { out.add("duration", nanoseconds: duration) }
        if let offered = flow.clientHello?.extensions.applicationProtocols, !offered.isEmpty {
            out.array("alpn", offered) { $0.value(wire: $1) }
        }
        out.add("ja3", flow.ja3)
        out.add("ja3s", flow.ja3s)
        out.add("ja4", flow.ja4)
        out.add("records", flow.records)
        out.array("bytes", flow.bytes) { $0.value($1) }
        out.object("ledger") { EventJSON.write(flow.ledger, to: &$0) }
        if let guess = flow.clientCertificate {
            out.object("client_cert") { out in
                out.add("inferred", guess.names)
                out.add("conf", share: guess.confidence)
            }
        }
        if let group = flow.group { out.add("pq", group.isPostQuantum) }
        out.add("pq_offered", flow.clientHello?.offersPostQuantum ?? false)
        if flow.clientHello?.extensions.hasEncryptedClientHello == true { out.add("ech", "grease-or-real") }
        if flow.hasRetry { out.add("retry", true) }
        out.add("prefix", flow.prefix)
        out.add("ending", flow.ending.rawValue)
        if flow.nestedRecords > 0 { out.add("nested", flow.nestedRecords) }
        if flow.opened + flow.unopened > 0 {
            out.add("opened", flow.opened)
            out.add("unopened", flow.unopened)
        }
    }
}
