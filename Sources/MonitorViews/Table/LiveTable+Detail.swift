import TLSMonitor
import TLSWire
import Terminal

extension LiveTable {
    /// One connection: what is known of it, and its last records.
    mutating func detail(_ number: Int, _ back: Int, _ width: Int, _ height: Int) -> [StyledLine] {
        guard let flow = shown.flows[number] else {
            return [
                StyledLine("#\(number) is no longer kept: it ended long ago.", .dim), StyledLine(),
                StyledLine("Esc back", .dim),
            ]
        }
        var lines = header(width) + facts(flow)
        let room = max(1, height - lines.count - 2)
        pageSize = room
        let records = flow.recent
        let steps = min(back, max(0, records.count - room))
        // What nobody can scroll to is not counted.
        if steps != back { page = .flow(number, back: steps) }
        let end = records.count - steps
        let title = steps > 0 ? "records, \(steps) newer below" : "records, the newest last"
        lines.append(Self.rule(title, width))
        var clock = Clock()
        for record in records[max(0, end - room)..<end] { lines.append(line(record, &clock)) }
        while lines.count < height - 1 { lines.append(StyledLine()) }
        let keys = [("Esc", "back"), ("↑↓", "older, newer"), ("p", isPaused ? "go on" : "pause"), ("q", "quit")]
        lines.append(Self.keys(keys, width))
        return lines
    }

    private func facts(_ flow: LiveFlow) -> [StyledLine] {
        var talk = StyledLine("#\(flow.number)", .dim)
        talk.add("  \(flow.client) → \(flow.server)", .bold)
        talk.add("  \(flow.state)", flow.isEstablished ? .good : .clear)
        if let setup = flow.setup { talk.add(" after \(EventLines.milliseconds(setup))", .dim) }
        var lines = [talk, agreement(flow)]
        for (name, value) in [("JA4", flow.ja4), ("JA3", flow.ja3), ("JA3S", flow.ja3s)] {
            if let value { lines.append(fact(name, value)) }
        }
        if let certificate = flow.serverCertificate {
            lines.append(fact("server", EventLines.words(certificate)))
        }
        if let guess = flow.clientCertificate {
            lines.append(fact("client", "inferred \(guess.names.joined(separator: " + ")), \(guess.percent) %", .guess))
        }
        let counts = [RecordClass.handshake, .changeCipherSpec, .alert, .protected, .unaccounted].compactMap { kind in
            flow.classes[kind].map { "\(Self.shape(kind).0) \($0.grouped) \(kind.rawValue)" }
        }
        lines.append(fact("passed", "\(flow.bytes.grouped) B  \(counts.joined(separator: "  "))"))
        if let warning = flow.warning { lines.append(fact("warning", warning, .bad)) }
        return lines
    }

    private func agreement(_ flow: LiveFlow) -> StyledLine {
        var parts: [String] = []
        if let name = flow.serverName { parts.append("server name \(name)") }
        if let version = flow.version { parts.append(version.description) }
        if let suite = flow.suite { parts.append(suite.description) }
        if let group = flow.group {
            let words =
                group.isPostQuantum ? ", post-quantum" : flow.offersPostQuantum ? ", post-quantum was offered" : ""
            parts.append("\(group)\(words)")
        }
        if !flow.protocols.isEmpty { parts.append("offers \(flow.protocols.prefix(4).joined(separator: ", "))") }
        return fact("tls", parts.isEmpty ? "nothing yet" : parts.joined(separator: " · "))
    }

    private func fact(_ name: String, _ words: String, _ style: Style = .plain) -> StyledLine {
        var line = StyledLine("  \(name)", .dim)
        line.pad(to: 11)
        line.add(words, style)
        return line
    }

    private func line(_ record: LiveFlow.Record, _ clock: inout Clock) -> StyledLine {
        var line = StyledLine(clock.text(record.time), .dim)
        line.add(record.direction == .clientToServer ? " > " : " < ")
        let (shape, style) = Self.shape(record.kind)
        line.add(shape, style)
        line.add(" \(name(of: record))", style)
        line.add("  \(record.length.grouped) B")
        if let guess = record.inference, !guess.names.isEmpty {
            line.add("  inferred \(guess.names.joined(separator: " + ")), \(guess.percent) %", .guess)
        }
        switch record.inner {
        case nil: break
        case .authentic(let content):
            let words =
                content.words.isEmpty
                ? TLSContentType(rawValue: content.type)?.description ?? "type \(content.type)"
                : content.words.joined(separator: " + ")
            line.add("  [\(words)  \(content.length.grouped) B]", .clear)
        case .failed(_, let reason): line.add("  not opened: \(reason)", .bad)
        }
        if !record.facts.isEmpty { line.add("  \(record.facts.joined(separator: " · "))", .dim) }
        return line
    }

    private func name(of record: LiveFlow.Record) -> String {
        let words = record.words.joined(separator: " + ")
        switch record.kind {
        case .handshake: return words.isEmpty ? "part of a handshake message" : words
        case .changeCipherSpec: return "ChangeCipherSpec"
        case .alert: return "alert \(words)"
        case .protected: return "encrypted"
        case .unaccounted: return "unaccounted"
        }
    }
}
