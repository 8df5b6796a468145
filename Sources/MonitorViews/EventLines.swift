package import TLSMonitor
import TLSWire

/// Events as lines for people: what an eavesdropper sees, record by record.
package struct EventLines {
    private let paint: Paint
    private let isVerbose: Bool
    private var clock = Clock()

    /// - Parameter isVerbose: whether every record's place and first bytes are told, too.
    package init(hasColours: Bool, isVerbose: Bool = false) {
        paint = Paint(isOn: hasColours)
        self.isVerbose = isVerbose
    }

    /// Appends the lines of an event.
    package mutating func write(_ event: MonitorEvent, to bytes: inout [UInt8]) {
        for line in lines(for: event) {
            bytes.append(contentsOf: line.utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    package mutating func lines(for event: MonitorEvent) -> [String] {
        switch event {
        case .opened(let flow):
            return ["\(head(flow.start, flow.number))   \(paint.bold("\(flow.client) → \(flow.server)"))"]
        case .record(let record): return [line(for: record)]
        case .established(let flow, let time):
            return [paint.dim("             #\(flow)   both sides have keys, after \(Self.milliseconds(time))")]
        case .finding(let finding): return [line(for: finding)]
        case .alarm(let alarm): return [line(for: alarm)]
        case .closed: return []
        }
    }

    private mutating func head(_ sighting: Sighting, _ flow: Int) -> String {
        "\(paint.dim(clock.text(sighting.time))) #\(flow)"
    }

    private mutating func line(for record: RecordEvent) -> String {
        let arrow = record.direction == .clientToServer ? ">" : "<"
        var line = "\(head(record.sighting, record.flow)) \(arrow) \(what(record))"
        if isVerbose {
            let place = "packet \(record.sighting.packet.grouped), byte \(record.offset.grouped), \(record.version)"
            line += paint.dim("  (\(place))  \(Self.hex(record.sample))")
        }
        return line
    }

    private mutating func line(for alarm: Alarm) -> String {
        let flow = alarm.flow.map { " #\($0)" } ?? ""
        let doubt = alarm.isForgeable ? paint.dim("  (the sender may be forged)") : ""
        let words = "ALARM \(alarm.severity.rawValue) \(alarm.kind.rawValue): \(alarm.words)"
        return "\(paint.dim(clock.text(alarm.time)))\(flow) "
            + (alarm.severity == .low ? paint.open("** \(words)") : paint.bad("** \(words)")) + doubt
    }

    private func what(_ record: RecordEvent) -> String {
        let size = "\(record.length.grouped) B"
        switch record.kind {
        case .protected: return "encrypted  \(size)" + (inside(record) ?? guess(record) ?? sample(record))
        case .changeCipherSpec: return paint.clear("ChangeCipherSpec  \(size)")
        case .alert: return paint.clear("alert \(record.words.joined(separator: " "))  \(size)")
        case .unaccounted: return paint.bad("unaccounted  \(size)  \(Self.hex(record.sample))")
        case .handshake:
            let names = record.words.isEmpty ? "part of a handshake message" : record.words.joined(separator: " + ")
            let facts = Self.facts(record)
            return paint.clear("\(names)  \(size)") + (facts.isEmpty ? "" : "  " + facts.joined(separator: " · "))
        }
    }

    /// What it probably is: never said as if it were known.
    private func guess(_ record: RecordEvent) -> String? {
        guard let inference = record.inference, !inference.names.isEmpty else { return nil }
        return "  " + paint.guess("inferred \(inference.names.joined(separator: " + ")), \(inference.percent) %")
    }

    private func sample(_ record: RecordEvent) -> String { isVerbose ? "" : "  " + paint.dim(Self.hex(record.sample)) }

    /// What the keys show of an encrypted record.
    private func inside(_ record: RecordEvent) -> String? {
        switch record.inner {
        case nil: return nil
        case .failed(_, let reason): return "  " + paint.bad("not opened: \(reason)")
        case .authentic(let content):
            let name =
                content.words.isEmpty
                ? TLSContentType(rawValue: content.type)?.description ?? "content of type \(content.type)"
                : content.words.joined(separator: " + ")
            let padding = content.padding > 0 ? " and \(content.padding.grouped) B padding" : ""
            return "  " + paint.clear("[\(name)  \(content.length.grouped) B\(padding)]")
                + (content.isNested ? " TLS inside" : "")
        }
    }

    static func facts(_ record: RecordEvent) -> [String] {
        var facts: [String] = []
        if let hello = record.clientHello { facts += Self.facts(hello) }
        if let hello = record.serverHello {
            facts.append("\(hello.version)")
            facts.append("\(hello.cipherSuite)")
            if let group = hello.extensions.keyShareGroups.first {
                facts.append("\(group)" + (group.isPostQuantum ? ", post-quantum" : ""))
            }
            if let name = hello.extensions.applicationProtocols.first { facts.append("protocol \(text(name))") }
            if hello.extensions.hasPreSharedKey { facts.append("resumes a session") }
        }
        if let certificate = record.certificates.first {
            facts.append(Self.words(certificate))
            if record.certificates.count > 1 { facts.append("and \((record.certificates.count - 1).of("more"))") }
        }
        return facts
    }

    private static func facts(_ hello: ClientHello) -> [String] {
        var facts = ["offers \(hello.bestVersion)"]
        if let name = hello.extensions.serverName { facts.append("server name \(text(name))") }
        let protocols = hello.extensions.applicationProtocols.map { text($0) }
        if !protocols.isEmpty { facts.append("protocol \(protocols.joined(separator: ", "))") }
        if hello.extensions.keyShareGroups.contains(where: \.isPostQuantum) {
            facts.append("post-quantum key share")
        } else if hello.offersPostQuantum {
            facts.append("post-quantum offered")
        }
        if hello.extensions.hasPreSharedKey { facts.append("resumes a session") }
        if hello.extensions.hasEarlyData { facts.append("sends early data") }
        if hello.extensions.hasEncryptedClientHello { facts.append("may hide another server name") }
        facts.append("JA4 \(hello.ja4)")
        return facts
    }

    /// `certificate CN=chat.example (P-256), for chat.example, until 2026-11-21, issued by CN=Example CA`
    static func words(_ certificate: CertificateFacts) -> String {
        var words = "certificate \(text(Array(certificate.subject.utf8), most: 80)) (\(certificate.key))"
        let names = certificate.alternativeNames.prefix(3).map { text(Array($0.utf8)) }
        if !names.isEmpty {
            words += ", for \(names.joined(separator: ", "))"
            if certificate.alternativeNames.count > 3 { words += ", …" }
        }
        words += ", until \(CivilDate.text(certificate.notAfter))"
        return words + ", issued by \(text(Array(certificate.issuer.utf8), most: 80))"
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
    package static func place(of finding: Finding) -> String {
        var parts: [String] = []
        if let flow = finding.flow { parts.append("connection \(flow)") }
        if let packet = finding.packet { parts.append("packet \(packet.grouped)") }
        if let offset = finding.offset {
            parts.append("byte \(offset.grouped)" + (finding.direction.map { " from \($0.sender)" } ?? ""))
        }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    }

    /// Made harmless for a terminal, and not longer than `most` bytes.
    static func text(_ bytes: [UInt8], most: Int = 64) -> String {
        String(bytes.prefix(most).map { (0x20...0x7E).contains($0) ? Character(Unicode.Scalar($0)) : "." })
            + (bytes.count > most ? "…" : "")
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = bytes.prefix(12).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return digits.joined(separator: " ") + (bytes.count > 12 ? " …" : "")
    }

    static func milliseconds(_ nanoseconds: Int64) -> String {
        let tenths = nanoseconds / 100_000
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}
