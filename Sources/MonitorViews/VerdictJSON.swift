package import TLSMonitor

/// The last line: the verdict on a capture, with its evidence.
package enum VerdictJSON {
    package static func write(_ report: TrafficReport, digests: [CaptureDigest], to out: inout JSONWriter) {
        out.beginObject()
        out.add("t", "verdict")
        out.add("verdict", report.wholeVerdict.rawValue)
        if report.inside != nil { out.add("wire_verdict", report.verdict.rawValue) }
        out.add("payload", report.payloadBytes)
        out.object("ledger") { EventJSON.write(report.ledger, to: &$0) }
        out.add("packets", report.packets)
        out.add("flows", report.flowCount)
        out.add("established", report.establishedCount)
        out.add("opened", report.opened)
        out.add("unopened", report.unopened)
        out.add("markers", report.markers)
        out.add("control_found", report.control.found)
        out.add("control_of", report.control.of)
        findings(report.findings, to: &out)
        if let inside = report.inside { write(inside, to: &out) }
        out.array("captures", digests) { out, digest in
            out.beginObject()
            out.add("file", digest.file)
            out.add("sha256", digest.sha256)
            out.endObject()
        }
        out.endObject()
        out.endLine()
    }

    private static func findings(_ findings: [Finding], to out: inout JSONWriter) {
        out.array("findings", findings) { out, finding in
            out.beginObject()
            EventJSON.members(of: finding, to: &out)
            out.endObject()
        }
    }

    private static func write(_ inside: InnerReport, to out: inout JSONWriter) {
        out.object("inside") { out in
            out.add("verdict", inside.verdict.rawValue)
            for count in inside.counts { out.add(named: count.name, count.count) }
            out.object("ledger") { out in
                for entry in inside.ledger { out.add(named: entry.name, entry.bytes) }
            }
            findings(inside.findings, to: &out)
        }
    }
}
