import TLSMonitor
import Terminal

extension LiveTable {
    /// The screen: `rows` lines, none wider than `columns`.
    package mutating func frame(columns: Int, rows: Int) -> [StyledLine] {
        guard columns > 0, rows > 0 else { return [] }
        var lines: [StyledLine]
        switch page {
        case .flows: lines = list(columns, rows)
        case .flow(let number, let back): lines = detail(number, back, columns, rows)
        case .help: lines = Self.help(columns, rows)
        }
        lines = lines.prefix(rows).map { $0.clipped(to: columns) }
        while lines.count < rows { lines.append(StyledLine()) }
        return lines
    }

    // MARK: The list

    private mutating func list(_ width: Int, _ height: Int) -> [StyledLine] {
        let head = header(width)
        // What happened gets what a large screen can spare.
        let pane = height < 16 ? 0 : min(8, height / 4)
        let below = (pane > 0 ? pane + 1 : 0) + 1
        let room = max(1, height - head.count - 1 - below)
        pageSize = room
        let all = listed
        scroll(all, room)
        let columns = LiveColumns.fitting(width - 1)
        var lines = head + [LiveColumns.header(columns)]
        let visible = all.dropFirst(top).prefix(room)
        for flow in visible {
            let isSelected = flow.number == selected
            var row = LiveColumns.row(flow, columns, isSelected: isSelected)
            if isSelected {
                row.pad(to: width)
                row = row.restyled(.selected)
            }
            lines.append(row)
        }
        if all.isEmpty { lines.append(StyledLine("  \(emptyWords)", .dim)) }
        while lines.count < height - below { lines.append(StyledLine()) }
        if pane > 0 { lines += happenings(pane, width) }
        lines.append(footer(hidden: all.count - visible.count, width))
        return lines
    }

    private var emptyWords: String {
        if shown.flows.isEmpty {
            return shownStatus.packets == 0 ? "waiting for packets …" : "no TCP connection yet …"
        }
        return "no connection has \"\(filter)\" in it; Esc shows all"
    }

    private mutating func scroll(_ all: [LiveFlow], _ room: Int) {
        if let selected, let place = all.firstIndex(where: { $0.number == selected }) {
            if place < top { top = place }
            if place >= top + room { top = place - room + 1 }
        }
        top = min(max(0, top), max(0, all.count - room))
    }

    func header(_ width: Int) -> [StyledLine] {
        let status = shownStatus, flows = shown
        var title = StyledLine("tlsmon", .bold)
        title.add(" on \(status.interface)")
        if !status.filter.isEmpty { title.add("  \(status.filter)", .clear) }
        let time = Self.duration(elapsed)
        if isPaused {
            title.add("  PAUSED, \((self.status.packets - status.packets).of("packet")) since", .open)
        }
        if title.clipped(to: width - time.count - 1) == title {
            title.pad(to: width - time.count)
            title.add(time, .dim)
        }
        var counts = StyledLine("\(status.packets.grouped) packets")
        counts.add("  \(Int(shownRate.rounded()).grouped)/s", .dim)
        counts.add("  ")
        drops(self.status.drops, to: &counts)
        counts.add("  \(flows.openCount.grouped) of \(flows.opened.of("flow")) open  \(flows.records.of("record"))")
        counts.add("  \(flows.alarms.of("alarm"))", flows.alarms > 0 ? .bad : .plain)
        if flows.violations > 0 { counts.add("  \(flows.violations.of("violation"))", .bad) }
        return [title, counts]
    }

    /// What is lost is told even while the screen stands still.
    private func drops(_ drops: [Status.Drops], to line: inout StyledLine) {
        let lost = drops.filter { $0.count > 0 }
        guard !lost.isEmpty else { return line.add("0 lost", .good) }
        line.add("LOST " + lost.map { "\($0.count.grouped) \($0.place)" }.joined(separator: ", "), .bad)
    }

    static func duration(_ seconds: Double) -> String {
        let whole = Int(min(max(0, seconds), 1e9))
        func two(_ value: Int) -> String { (value < 10 ? "0" : "") + "\(value)" }
        return "\(two(whole / 3_600)):\(two(whole / 60 % 60)):\(two(whole % 60))"
    }

    private func happenings(_ count: Int, _ width: Int) -> [StyledLine] {
        var lines = [Self.rule("latest", width)]
        var clock = Clock()
        for happening in shown.latest.suffix(count) {
            var line = StyledLine(clock.text(happening.time), .dim)
            if let flow = happening.flow { line.add(" #\(flow)") }
            line.add(" \(happening.words)", happening.style)
            lines.append(line)
        }
        while lines.count < count + 1 { lines.append(StyledLine()) }
        return lines
    }

    static func rule(_ title: String, _ width: Int) -> StyledLine {
        let rest = max(0, width - title.count - 4)
        return StyledLine("── \(title) " + String(repeating: "─", count: rest), .dim)
    }

    private func footer(hidden: Int, _ width: Int) -> StyledLine {
        if let typing {
            var line = StyledLine("/\(typing)", .bold)
            line.add("▏")
            line.add("  Enter keeps it  Esc shows all", .dim)
            return line
        }
        var keys = [
            ("↑↓", "select"), ("Enter", "open"), ("s", "sort: \(order.rawValue)\(isReversed ? " ▲" : "")"),
            ("/", filter.isEmpty ? "filter" : "filter: \(filter)"), ("p", isPaused ? "go on" : "pause"),
            ("?", "help"), ("q", "quit"),
        ]
        if hidden > 0 { keys.insert(("", "\(hidden.grouped) more"), at: 0) }
        return Self.keys(keys, width)
    }

    /// Keys and what they do; without the words where there is no room for them.
    static func keys(_ keys: [(String, String)], _ width: Int) -> StyledLine {
        var line = StyledLine()
        for (name, words) in keys {
            line.add(name, .bold)
            line.add((name.isEmpty ? "" : " ") + "\(words)  ", name.isEmpty ? .open : .dim)
        }
        guard line.width - 2 > width else { return line }
        line = StyledLine()
        for (name, words) in keys { line.add("\(name.isEmpty ? words : name)  ", .bold) }
        return line
    }

    // MARK: Help

    private static func help(_ width: Int, _ height: Int) -> [StyledLine] {
        let keys: [(String, String)] = [
            ("↑ ↓  j k", "select a connection; PgUp, PgDn, Home and End go further"),
            ("Enter →", "open it: its records, certificates, fingerprints"),
            ("Esc ←", "back to the list; there it ends the filter"),
            ("s", "sort by start, bytes, records, rate or alarms; r reverses"),
            ("/", "show only connections with a text in them"),
            ("p  Space", "let the screen stand still; the capture goes on"),
            ("c", "leave out connections that have ended"),
            ("Ctrl-L", "draw the screen again; Ctrl-Z leaves it for a while"),
            ("q  Ctrl-C", "quit, with a summary"),
        ]
        let shapes: [(RecordClass, String)] = [
            (.handshake, "handshake"), (.changeCipherSpec, "ccs"),
            (.alert, "alert"), (.protected, "encrypted"), (.unaccounted, "none of these"),
        ]
        var lines = [StyledLine("tlsmon live", .bold), StyledLine()]
        for (key, words) in keys {
            var line = StyledLine("  \(key)", .bold)
            line.pad(to: 13)
            line.add(words)
            lines.append(line)
        }
        lines.append(StyledLine())
        var legend = StyledLine("  ")
        for (kind, words) in shapes {
            let (shape, style) = Self.shape(kind)
            legend.add(shape, style)
            legend.add(" \(words)  ")
        }
        lines.append(legend)
        lines.append(StyledLine("  PQ      its keys withstand a quantum computer, as far as is known"))
        lines.append(StyledLine("  ?97%    a client certificate, guessed from sizes: never known"))
        lines.append(StyledLine("  !       alarms and violations of the connection"))
        lines.append(StyledLine())
        lines.append(StyledLine("  Esc back", .dim))
        return lines
    }

    /// A class by its shape, and by its colour.
    static func shape(_ kind: RecordClass) -> (String, Style) {
        switch kind {
        case .handshake: ("◆", .clear)
        case .changeCipherSpec: ("◇", .dim)
        case .alert: ("▲", .open)
        case .protected: ("■", .good)
        case .unaccounted: ("✗", .bad)
        }
    }
}
