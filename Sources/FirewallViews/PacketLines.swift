package import Firewall

/// Lines of the log, one after the other: columns stay where they are when more come.
package struct PacketLines {
    private let style: ViewStyle
    private let isShort: Bool
    private var table: ViewTable

    package init(_ style: ViewStyle) {
        self.style = style
        isShort = (style.columns ?? .max) < 110
        table = ViewTable(
            [
                .init(title: "TIME"), .init(title: "REASON"), .init(title: "PROTO"), .init(title: "FROM"),
                .init(title: "TO"), .init(title: "FLAGS", rank: 2, isOptional: true),
                .init(title: "CARD", rank: 3, isOptional: true), .init(title: "BYTES", isRight: true, rank: 4),
                .init(title: "NAME", least: 16, rank: 1, isOptional: true),
            ], style: style)
    }

    /// The first lines, with headings.
    package mutating func first(_ rows: [PacketRow]) -> [String] {
        if rows.isEmpty, !style.isPlain { return ["There is nothing like that in the log."] }
        add(rows)
        return table.nextLines(hasTitles: true)
    }

    /// Lines without headings.
    package mutating func next(_ rows: [PacketRow]) -> [String] {
        add(rows)
        return table.nextLines()
    }

    private mutating func add(_ rows: [PacketRow]) {
        for row in rows {
            let packet = row.packet
            let time = !style.isPlain && isShort ? style.shortMoment(packet.time) : style.moment(packet.time)
            table.add([
                .init(time, .dim), .init(row.reason, row.reason.hasPrefix("pass") ? .good : .bad),
                .init(Self.transport(packet.transport)), .init(Self.endpoint(packet.source, packet.sourcePort)),
                .init((style.isPlain ? "" : "→ ") + Self.endpoint(packet.destination, packet.destinationPort)),
                .init(packet.transport == 6 ? Self.flags(packet.flags) : ""), .init(row.interface ?? ""),
                .init(style.number(packet.length)), .init(row.name ?? ""),
            ])
        }
    }

    /// `192.0.2.1:443`, `[2001:db8::1]:443`, or the address alone.
    static func endpoint(_ address: IPAddress?, _ port: UInt16?) -> String {
        guard let address else { return port.map { ":\($0)" } ?? "" }
        guard let port else { return "\(address)" }
        return address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }

    static func transport(_ number: UInt8) -> String {
        switch number {
        case 1: "icmp"
        case 6: "tcp"
        case 17: "udp"
        case 58: "icmp6"
        case 132: "sctp"
        case 47: "gre"
        case 50: "esp"
        default: "\(number)"
        }
    }

    /// `SYN`, `SYN,ACK`.
    static func flags(_ flags: UInt8) -> String {
        let names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
        return names.enumerated().filter { flags >> $0.offset & 1 == 1 }.map(\.element).joined(separator: ",")
    }
}
