import TLSWire
import Terminal

/// Columns of the list of connections: as many as there is room for.
enum LiveColumns {
    struct Column: Sendable {
        var title: String
        /// Columns of the terminal that it takes at least, and what it could use.
        var least: Int
        var most: Int
        var isRight = false
        /// The larger, the earlier it is left out; 0 never.
        var rank: Int
        var cell: @Sendable (LiveFlow) -> (String, Style)
    }

    private static let all: [Column] = [
        Column(title: "", least: 4, most: 6, isRight: true, rank: 0) { ("#\($0.number)", .dim) },
        Column(title: "client → server", least: 30, most: 60, rank: 0) { ("\($0.client) → \($0.server)", .plain) },
        Column(title: "server name", least: 12, most: 40, rank: 1) { ($0.serverName ?? "–", .plain) },
        Column(title: "tls", least: 3, most: 3, rank: 2) { (version($0.version), versionStyle($0)) },
        Column(title: "suite", least: 11, most: 24, rank: 9) { ($0.suite?.description ?? "–", .plain) },
        Column(title: "group", least: 8, most: 18, rank: 7) { group($0) },
        Column(title: "state", least: 11, most: 22, rank: 3) { ($0.state, stateStyle($0)) },
        Column(title: "recs", least: 5, most: 5, isRight: true, rank: 5) { ($0.records.compact, .plain) },
        Column(title: "bytes", least: 5, most: 5, isRight: true, rank: 4) { ($0.bytes.compact, .plain) },
        Column(title: "rate/s", least: 6, most: 6, isRight: true, rank: 6) {
            ($0.rate > 0 ? Int($0.rate).compact : "", .plain)
        },
        Column(title: "cert", least: 4, most: 8, rank: 8) { certificate($0) },
        Column(title: "!", least: 1, most: 3, isRight: true, rank: 1) { warnings($0) },
    ]

    /// - Parameter width: columns of the terminal.
    static func fitting(_ width: Int) -> [(column: Column, width: Int)] {
        var columns = all
        func least() -> Int { columns.reduce(0) { $0 + $1.least + 1 } }
        while least() > width, let last = columns.indices.max(by: { columns[$0].rank < columns[$1].rank }),
            columns[last].rank > 0
        {
            columns.remove(at: last)
        }
        var widths = columns.map(\.least)
        var room = width - least()
        while room > 0 {
            let open = columns.indices.filter { widths[$0] < columns[$0].most }
            guard !open.isEmpty else { break }
            for index in open where room > 0 {
                // Who talks with whom tells most.
                let step = min(
                    columns[index].title == "client → server" ? 3 : 1, room, columns[index].most - widths[index])
                widths[index] += step
                room -= step
            }
        }
        return Array(zip(columns, widths)).map { ($0.0, $0.1) }
    }

    static func header(_ columns: [(column: Column, width: Int)]) -> StyledLine {
        var line = StyledLine(" ")
        for (column, width) in columns {
            add(Clip.end(column.title, to: width), .dim, width, column.isRight, to: &line)
        }
        return line
    }

    static func row(_ flow: LiveFlow, _ columns: [(column: Column, width: Int)], isSelected: Bool) -> StyledLine {
        var line = StyledLine(isSelected ? "›" : " ", .bold)
        for (column, width) in columns {
            let (text, style) = column.cell(flow)
            let cell = column.title == "client → server" ? talk(flow, width) : Clip.end(text, to: width)
            add(cell, flow.hasEnded && style == .plain ? .dim : style, width, column.isRight, to: &line)
        }
        return line
    }

    private static func add(_ text: String, _ style: Style, _ width: Int, _ isRight: Bool, to line: inout StyledLine) {
        let space = String(repeating: " ", count: max(0, width - CharacterWidth.of(text)))
        if isRight { line.add(space) }
        line.add(text, style)
        if !isRight { line.add(space) }
        line.add(" ")
    }

    /// Of the client as much as the server leaves, and nine columns at least.
    private static func talk(_ flow: LiveFlow, _ width: Int) -> String {
        let (client, server) = ("\(flow.client)", "\(flow.server)")
        let room = width - 3
        let clientWidth = min(client.count, max(min(room / 2, 9), room - server.count))
        return Clip.middle(client, to: clientWidth) + " → " + Clip.middle(server, to: room - clientWidth)
    }

    private static func version(_ version: TLSVersion?) -> String {
        switch version {
        case nil: "–"
        case .tls13: "1.3"
        case .tls12: "1.2"
        case .tls11: "1.1"
        case .tls10: "1.0"
        case .ssl3: "S3"
        default: "?"
        }
    }

    private static func versionStyle(_ flow: LiveFlow) -> Style {
        guard let version = flow.version else { return .dim }
        return version == .tls13 ? .good : version == .tls12 ? .open : .bad
    }

    private static func group(_ flow: LiveFlow) -> (String, Style) {
        guard let group = flow.group else { return ("–", .dim) }
        return group.isPostQuantum
            ? ("PQ \(group)", .good) : (group.description, flow.offersPostQuantum ? .open : .plain)
    }

    private static func stateStyle(_ flow: LiveFlow) -> Style {
        if flow.state == "not TLS" || flow.violations > 0 { return .bad }
        if flow.hasEnded { return .dim }
        return flow.isEstablished ? .good : .clear
    }

    private static func certificate(_ flow: LiveFlow) -> (String, Style) {
        if flow.hasClientCertificate { return ("client", .good) }
        guard let guess = flow.clientCertificate else { return ("", .plain) }
        // That there was none is a guess, too.
        if guess.names.contains("no client certificate") { return ("?no", .guess) }
        return ("?\(guess.percent)%", .guess)
    }

    private static func warnings(_ flow: LiveFlow) -> (String, Style) {
        let count = flow.alarms + flow.violations
        return count == 0 ? ("", .plain) : (count < 100 ? "\(count)" : "99+", flow.violations > 0 ? .bad : .open)
    }
}
