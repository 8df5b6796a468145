@testable import TLSMonitor

/// A packet as a capture has it.
struct TestPacket {
    var link: LinkType
    var bytes: [UInt8]
    var originalLength: Int
}

/// In what a TCP segment is wrapped.
enum Wrapping: CaseIterable {
    case ethernet, vlan, twoVLANs, null, cooked, cooked2, raw, ethernet6, extensions6, raw6

    private var isV6: Bool { [.ethernet6, .extensions6, .raw6].contains(self) }

    func wrap(_ transport: [UInt8], protocol number: UInt8 = 6, from: FlowDirection) -> TestPacket {
        let ip = isV6 ? ipv6(transport, number, from) : ipv4(transport, number, from)
        let type: [UInt8] = isV6 ? [0x86, 0xDD] : [0x08, 0x00]
        let addresses = [UInt8](repeating: 2, count: 12)
        let (link, head): (LinkType, [UInt8]) =
            switch self {
            case .ethernet, .ethernet6, .extensions6: (.ethernet, addresses + type)
            case .vlan: (.ethernet, addresses + [0x81, 0, 0, 7] + type)
            case .twoVLANs: (.ethernet, addresses + [0x88, 0xA8, 0, 7, 0x81, 0, 0, 9] + type)
            case .null: (.null, [2, 0, 0, 0])
            case .cooked: (.cooked, [UInt8](repeating: 0, count: 14) + type)
            case .cooked2: (.cooked2, type + [UInt8](repeating: 0, count: 18))
            case .raw, .raw6: (.raw, [])
            }
        let bytes = head + ip
        return TestPacket(link: link, bytes: bytes, originalLength: bytes.count)
    }

    private func ipv4(_ transport: [UInt8], _ number: UInt8, _ from: FlowDirection) -> [UInt8] {
        let ends: [[UInt8]] = [[192, 0, 2, 1], [192, 0, 2, 2]]
        return [0x45, 0] + Wire.big(UInt16(20 + transport.count)) + [0, 1, 0x40, 0, 64, number, 0, 0] + ends[from.index]
            + ends[1 - from.index] + transport
    }

    private func ipv6(_ transport: [UInt8], _ number: UInt8, _ from: FlowDirection) -> [UInt8] {
        let net: [UInt8] = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11)
        // Hop-by-hop options, destination options of 16 bytes, routing.
        let options: [UInt8] =
            [60, 0] + [UInt8](repeating: 0, count: 6) + [43, 1] + [UInt8](repeating: 0, count: 14)
            + [number, 0, 0, 0, 0, 0, 0, 0]
        let inner = self == .extensions6 ? options + transport : transport
        return [0x60, 0, 0, 0] + Wire.big(UInt16(inner.count)) + [self == .extensions6 ? 0 : number, 64] + net
            + [UInt8(1 + from.index)] + net + [UInt8(2 - from.index)] + inner
    }
}

/// The TCP segments of one connection.
struct Connection {
    var packets: [TestPacket] = []
    let wrapping: Wrapping
    let ports: [UInt16]
    /// Sequence numbers of the next bytes, client first.
    var next: [UInt32]

    init(_ wrapping: Wrapping = .ethernet, port: UInt16 = 50_000, sequences: (UInt32, UInt32) = (1_000, 9_000_000)) {
        self.wrapping = wrapping
        ports = [port, 7_443]
        next = [sequences.0, sequences.1]
    }

    static let fin: UInt8 = 1, syn: UInt8 = 2, rst: UInt8 = 4, ack: UInt8 = 16

    func segment(
        _ from: FlowDirection, sequence: UInt32, flags: UInt8 = Connection.ack, _ payload: [UInt8] = []
    ) -> TestPacket {
        func big(_ value: UInt32) -> [UInt8] { Wire.big(UInt16(value >> 16)) + Wire.big(UInt16(value & 0xFFFF)) }
        let answered = flags & Self.ack == 0 ? 0 : next[1 - from.index]
        return wrapping.wrap(
            Wire.big(ports[from.index]) + Wire.big(ports[1 - from.index]) + big(sequence) + big(answered)
                + [0x70, flags, 0xFF, 0xFF, 0, 0, 0, 0] + [1, 1, 1, 1, 1, 1, 1, 1]
                + payload, from: from)
    }

    mutating func send(_ from: FlowDirection, flags: UInt8 = Connection.ack, _ payload: [UInt8] = []) {
        packets.append(segment(from, sequence: next[from.index], flags: flags, payload))
        next[from.index] &+= UInt32(payload.count) &+ (flags & (Self.syn | Self.fin) == 0 ? 0 : 1)
    }

    mutating func open() {
        send(.clientToServer, flags: Self.syn)
        send(.serverToClient, flags: Self.syn | Self.ack)
        send(.clientToServer)
    }

    mutating func close() {
        send(.clientToServer, flags: Self.fin | Self.ack)
        send(.serverToClient, flags: Self.fin | Self.ack)
        send(.clientToServer)
    }

    mutating func say(_ talk: Talk, segment: Int = 1_400) {
        for turn in talk.turns {
            for start in stride(from: 0, to: turn.bytes.count, by: segment) {
                send(turn.direction, Array(turn.bytes[start..<min(start + segment, turn.bytes.count)]))
            }
        }
    }

    static func whole(_ talk: Talk, _ wrapping: Wrapping = .ethernet, port: UInt16 = 50_000) -> [TestPacket] {
        var connection = Connection(wrapping, port: port)
        connection.open()
        connection.say(talk)
        connection.close()
        return connection.packets
    }
}

/// What the monitor made of packets.
struct Observation {
    var report: TrafficReport
    var records: [RecordEvent] = []

    var verdict: Verdict { report.verdict }
    var balances: Bool { report.ledger.total == report.payloadBytes }

    init(
        _ packets: [TestPacket], markers: [String] = [], facts: CaptureFacts = CaptureFacts(), flowLimit: Int = 100,
        pendingLimit: Int = TrafficMonitor.pendingLimit
    ) {
        let monitor = TrafficMonitor(
            markers: markers.compactMap { Marker($0) }, reportsRecords: true, flowLimit: flowLimit,
            pendingLimit: pendingLimit)
        var events: [MonitorEvent] = []
        for (index, packet) in packets.enumerated() {
            packet.bytes.withUnsafeBytes { bytes in
                monitor.receive(
                    CapturedPacket(
                        number: index + 1, time: Int64(index) * 1_000_000, link: packet.link,
                        originalLength: packet.originalLength), bytes)
            }
            events += monitor.takeEvents()
        }
        report = monitor.finish(facts)
        events += monitor.takeEvents()
        for case .record(let record) in events { records.append(record) }
    }

    init(_ talk: Talk, markers: [String] = []) { self.init(Connection.whole(talk), markers: markers) }

    func says(_ words: String) -> Bool { report.findings.contains { $0.words.contains(words) } }
}

extension Connection {
    /// Bytes that were put into packets elsewhere.
    mutating func advance(_ from: FlowDirection, by count: Int) {
        next[from.index] &+= UInt32(count)
    }
}
