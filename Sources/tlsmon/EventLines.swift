import Glibc
import TLSMonitor
import TLSWire

/// Events as lines for people: what an eavesdropper sees, record by record.
struct EventLines {
    private let paint: Paint

    init(hasColours: Bool) {
        paint = Paint(isOn: hasColours)
    }

    func lines(for event: MonitorEvent) -> [String] {
        switch event {
        case .opened(let flow): ["\(head(flow.start, flow.number))   \(paint.bold("\(flow.client) → \(flow.server)"))"]
        case .record(let record): [line(for: record)]
        case .established(let flow, let time):
            [paint.dim("             #\(flow)   both sides have keys, after \(Self.milliseconds(time))")]
        case .finding(let finding): [line(for: finding)]
        case .closed: []
        }
    }

    private func head(_ sighting: Sighting, _ flow: Int) -> String {
        "\(paint.dim(Self.clock(sighting.time))) #\(flow)"
    }

    private func line(for record: RecordEvent) -> String {
        let arrow = record.direction == .clientToServer ? ">" : "<"
        return "\(head(record.sighting, record.flow)) \(arrow) \(what(record))"
    }

    private func what(_ record: RecordEvent) -> String {
        let size = "\(record.length.grouped) B"
        switch record.kind {
        case .protected: return "encrypted  \(size)  \(inside(record) ?? paint.dim(Self.hex(record.sample)))"
        case .changeCipherSpec: return paint.clear("ChangeCipherSpec  \(size)")
        case .alert: return paint.clear("alert \(record.words.joined(separator: " "))  \(size)")
        case .unaccounted: return paint.bad("unaccounted  \(size)  \(Self.hex(record.sample))")
        case .handshake:
            let names = record.words.isEmpty ? "part of a handshake message" : record.words.joined(separator: " + ")
            let facts = Self.facts(record)
            return paint.clear("\(names)  \(size)") + (facts.isEmpty ? "" : "  " + facts.joined(separator: " · "))
        }
    }

    /// What the keys show of an encrypted record.
    private func inside(_ record: RecordEvent) -> String? {
        switch record.inner {
        case nil: return nil
        case .failed(let reason): return paint.bad("not opened: \(reason)")
        case .authentic(let type, let words, let length, let padding):
            let name =
                words.isEmpty
                ? TLSContentType(rawValue: type)?.description ?? "content of type \(type)"
                : words.joined(separator: " + ")
            return paint.clear("[\(name)  \(length.grouped) B")
                + (padding > 0 ? " and \(padding.grouped) B padding]" : "]")
        }
    }

    private static func facts(_ record: RecordEvent) -> [String] {
        var facts: [String] = []
        if let hello = record.clientHello {
            facts.append("offers \(hello.bestVersion)")
            if let name = hello.extensions.serverName { facts.append("server name \(text(name))") }
            let protocols = hello.extensions.applicationProtocols.map { text($0) }
            if !protocols.isEmpty { facts.append("protocol \(protocols.joined(separator: ", "))") }
            if hello.extensions.keyShareGroups.contains(where: \.isPostQuantum) {
                facts.append("post-quantum key share")
            }
            if hello.extensions.hasPreSharedKey { facts.append("resumes a session") }
            if hello.extensions.hasEncryptedClientHello { facts.append("may hide another server name") }
            facts.append("JA4 \(hello.ja4)")
        }
        if let hello = record.serverHello {
            facts.append("\(hello.version)")
            facts.append("\(hello.cipherSuite)")
            if let group = hello.extensions.keyShareGroups.first { facts.append("\(group)") }
        }
        return facts
    }

    private func line(for finding: Finding) -> String {
        let place = Self.place(of: finding)
        return switch finding.weight {
        case .violation: paint.bad("!! \(finding.words)") + paint.dim(place)
        case .doubt: paint.open("?? \(finding.words)") + paint.dim(place)
        case .note: paint.dim("-- \(finding.words)\(place)")
        }
    }

    /// ` (connection 3, packet 88, byte 1,402)`
    static func place(of finding: Finding) -> String {
        var parts: [String] = []
        if let flow = finding.flow { parts.append("connection \(flow)") }
        if let packet = finding.packet { parts.append("packet \(packet.grouped)") }
        if let offset = finding.offset {
            parts.append("byte \(offset.grouped)" + (finding.direction.map { " from \($0.sender)" } ?? ""))
        }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    }

    static func text(_ bytes: [UInt8]) -> String {
        String(bytes.prefix(64).map { (0x21...0x7E).contains($0) ? Character(Unicode.Scalar($0)) : "." })
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = bytes.prefix(12).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return digits.joined(separator: " ") + (bytes.count > 12 ? " …" : "")
    }

    private static func milliseconds(_ nanoseconds: Int64) -> String {
        let tenths = nanoseconds / 100_000
        return "\(tenths / 10).\(tenths % 10) ms"
    }

    /// The time of day, here.
    private static func clock(_ time: Int64) -> String {
        var seconds = time_t(time / 1_000_000_000)
        var fields = tm()
        localtime_r(&seconds, &fields)
        func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + "\(number)" }
        let thousandths = "\(time / 1_000_000 % 1_000)"
        return "\(two(fields.tm_hour)):\(two(fields.tm_min)):\(two(fields.tm_sec))."
            + String(repeating: "0", count: max(0, 3 - thousandths.count)) + thousandths
    }
}
