package import TLSMonitor
import TLSWire

/// Events and reports as JSON lines, for programs. One object on a line; `t` says what it is; nothing is null.
package struct EventJSON {
    /// Of connections that are followed: what each of their lines repeats.
    private var heads: [Int: FlowHead] = [:]

    package init() {}

    package mutating func write(_ event: MonitorEvent, to out: inout JSONWriter) {
        switch event {
        case .opened(let flow): heads[flow.number] = FlowHead(flow)
        case .record(let record):
            let head = heads[record.flow] ?? FlowHead(record)
            RecordJSON.write(record, head, to: &out)
        case .established: break
        case .finding(let finding):
            out.beginObject()
            out.add("t", "finding")
            Self.members(of: finding, to: &out)
            end(&out)
        case .alarm(let alarm):
            Self.write(alarm, to: &out)
            end(&out)
        case .closed(let flow):
            FlowJSON.write(flow, to: &out)
            end(&out)
            heads[flow.number] = nil
        }
    }

    private func end(_ out: inout JSONWriter) {
        out.endObject()
        out.endLine()
    }

    static func members(of finding: Finding, to out: inout JSONWriter) {
        out.add("weight", finding.weight.rawValue)
        out.add("topic", finding.topic.name)
        switch finding.topic {
        case .rule(let rule):
            out.add("rule", rule.rawValue)
            out.add("section", rule.section)
        case .keys(let failure): out.add("fail", failure.rawValue)
        default: break
        }
        out.add("words", finding.words)
        out.add("flow", finding.flow)
        out.add("dir", finding.direction?.rawValue)
        out.add("off", finding.offset)
        out.add("frame", finding.packet)
    }

    private static func write(_ alarm: Alarm, to out: inout JSONWriter) {
        out.beginObject()
        out.add("t", "alarm")
        out.add("alarm", alarm.kind.rawValue)
        out.add("severity", alarm.severity.rawValue)
        out.add("ts", nanoseconds: alarm.time)
        out.add("frame", alarm.packet)
        out.add("source", alarm.source?.description)
        out.add("target", alarm.target?.description)
        out.add("flow", alarm.flow)
        out.add("forgeable", alarm.isForgeable)
        out.add("words", alarm.words)
    }

    static func write(_ ledger: ByteLedger, to out: inout JSONWriter) {
        out.add("handshake", ledger.handshake)
        out.add("ccs", ledger.changeCipherSpec)
        out.add("alert", ledger.alert)
        out.add("protected", ledger.protected)
        out.add("unaccounted", ledger.unaccounted)
    }
}

extension Finding.Topic {
    /// For programs.
    package var name: String {
        switch self {
        case .marker: "marker"
        case .plaintext: "plaintext"
        case .prefix: "prefix"
        case .overlapConflict: "overlap_conflict"
        case .gap: "gap"
        case .rule: "rule"
        case .keys: "keys"
        case .oldVersion: "old_version"
        case .spread: "spread"
        case .capture: "capture"
        }
    }
}

/// What every line of a connection's records repeats, written once.
struct FlowHead {
    let identity: [UInt8]
    /// Who sends to whom, in either direction.
    let fromClient: [UInt8]
    let fromServer: [UInt8]

    init(_ flow: FlowSummary) {
        self.init(number: flow.number, client: flow.client, server: flow.server, start: flow.start.time)
    }

    /// Of a connection whose beginning was not told.
    init(_ record: RecordEvent) {
        self.init(number: record.flow, client: record.client, server: record.server, start: 0)
    }

    private init(number: Int, client: Endpoint, server: Endpoint, start: Int64) {
        var out = JSONWriter()
        out.add("uid", FlowIdentity.uid(client: client, server: server, start: start))
        out.add("flow", number)
        identity = out.bytes
        fromClient = Self.ends(client, server, .clientToServer)
        fromServer = Self.ends(server, client, .serverToClient)
    }

    private static func ends(_ source: Endpoint, _ destination: Endpoint, _ direction: FlowDirection) -> [UInt8] {
        var out = JSONWriter()
        out.add("src", source.address.description)
        out.add("sport", Int(source.port))
        out.add("dst", destination.address.description)
        out.add("dport", Int(destination.port))
        out.add("dir", direction.rawValue)
        return out.bytes
    }
}
