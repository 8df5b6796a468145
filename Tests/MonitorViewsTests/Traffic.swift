import MonitorViews
import TLSMonitor

/// One TCP connection over IPv4, as packets that a monitor is given.
struct Traffic {
    private var monitor: TrafficMonitor
    private var packets = 0
    private let ports: [UInt16]
    private var next: [UInt32] = [1_000, 9_000]
    /// Nanoseconds since 1970 of the next packet.
    var time: Int64 = 1_700_000_000_123_456_789

    static let fin: UInt8 = 1, syn: UInt8 = 2, rst: UInt8 = 4, ack: UInt8 = 16

    init(
        port: UInt16 = 50_000, monitor: TrafficMonitor = TrafficMonitor(reportsRecords: true), packets: Int = 0,
        opens: Bool = true
    ) {
        self.monitor = monitor
        self.packets = packets
        ports = [port, 8_443]
        if opens { open() }
    }

    private static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
    private static func big(_ value: UInt32) -> [UInt8] {
        big(UInt16(value >> 16)) + big(UInt16(value & 0xFFFF))
    }

    private mutating func open() {
        send(.clientToServer, flags: Self.syn)
        send(.serverToClient, flags: Self.syn | Self.ack)
        send(.clientToServer)
    }

    mutating func send(_ direction: FlowDirection, flags: UInt8 = Traffic.ack, _ payload: [UInt8] = []) {
        let from = direction == .clientToServer ? 0 : 1
        packets += 1
        let tcp =
            Self.big(ports[from]) + Self.big(ports[1 - from]) + Self.big(next[from])
            + Self.big(flags & Self.ack == 0 ? UInt32(0) : next[1 - from]) + [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]
            + payload
        let ends: [[UInt8]] = [[192, 0, 2, 1], [192, 0, 2, 2]]
        let ip: [UInt8] =
            [0x45, 0] + Self.big(UInt16(20 + tcp.count)) + [0, 1, 0x40, 0, 64, 6, 0, 0] + ends[from] + ends[1 - from]
        let bytes = ip + tcp
        bytes.withUnsafeBytes {
            monitor.receive(
                CapturedPacket(number: packets, time: time, link: .raw, originalLength: bytes.count), $0)
        }
        time += 1_000_000
        let step = flags & (Self.syn | Self.fin) == 0 ? 0 : 1
        next[from] &+= UInt32(payload.count + step)
    }

    mutating func close() {
        send(.clientToServer, flags: Self.fin | Self.ack)
        send(.serverToClient, flags: Self.fin | Self.ack)
        send(.clientToServer)
    }

    /// What was seen since this was last called.
    func events() -> [MonitorEvent] { monitor.takeEvents() }

    /// All that comes at the end.
    func finish() -> (events: [MonitorEvent], report: TrafficReport) {
        let report = monitor.finish()
        return (monitor.takeEvents(), report)
    }

    // MARK: TLS

    static func record(_ type: UInt8, _ payload: [UInt8], version: UInt16 = 0x0303) -> [UInt8] {
        [type] + big(version) + big(UInt16(payload.count)) + payload
    }

    static let changeCipherSpec = record(20, [1])

    static func alert(_ code: UInt8) -> [UInt8] { record(21, [2, code]) }

    /// Bytes that are spread as ciphertext is, and always the same.
    static func ciphertext(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        let bytes = (0..<count).map { _ -> UInt8 in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 32)
        }
        return record(23, bytes)
    }

    private static func vector(_ bytes: [UInt8]) -> [UInt8] { big(UInt16(bytes.count)) + bytes }

    private static func `extension`(_ type: UInt16, _ content: [UInt8]) -> [UInt8] { big(type) + vector(content) }

    private static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [type, 0, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    }

    static let random: [UInt8] = (0..<32).map { UInt8(200 - $0) }

    static func clientHello(name: [UInt8] = Array("chat.test".utf8), group: UInt16 = 29) -> [UInt8] {
        var extensions = self.extension(0, vector([0] + vector(name)))
        extensions += self.extension(16, vector([2] + Array("h2".utf8)))
        extensions += self.extension(43, [2] + big(UInt16(0x0304)))
        extensions += self.extension(10, vector(big(group)))
        extensions += self.extension(13, vector(big(UInt16(0x0403))))
        extensions += self.extension(51, vector(big(group) + vector(random)))
        let suites = vector(big(UInt16(0x1302)) + big(UInt16(0x1301)))
        return record(
            22, message(1, big(UInt16(0x0303)) + random + [32] + random + suites + [1, 0] + vector(extensions)),
            version: 0x0301)
    }

    static func serverHello(group: UInt16 = 29) -> [UInt8] {
        let extensions = self.extension(43, big(UInt16(0x0304))) + self.extension(51, big(group) + vector(random))
        return record(
            22,
            message(2, big(UInt16(0x0303)) + random + [32] + random + big(UInt16(0x1302)) + [0] + vector(extensions)))
    }

    /// A handshake of TLS 1.3 and a word from each side.
    mutating func talk(name: [UInt8] = Array("chat.test".utf8), group: UInt16 = 29) {
        send(.clientToServer, Self.clientHello(name: name, group: group))
        send(.serverToClient, Self.serverHello(group: group) + Self.changeCipherSpec + Self.ciphertext(700))
        send(.clientToServer, Self.changeCipherSpec + Self.ciphertext(69, seed: 2))
        send(.clientToServer, Self.ciphertext(300, seed: 3))
        send(.serverToClient, Self.ciphertext(300, seed: 4))
    }

    /// All lines of JSON about `events`.
    static func json(_ events: [MonitorEvent]) -> [String] {
        var objects = EventJSON()
        var out = JSONWriter()
        for event in events { objects.write(event, to: &out) }
        return out.text.split(separator: "\n").map(String.init)
    }
}
