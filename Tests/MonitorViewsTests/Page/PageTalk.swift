import MonitorViews
import TLSMonitor

/// Captured connections, packet by packet, and what the monitor makes of them.
struct PageTalk {
    private let monitor: TrafficMonitor
    private(set) var collected: TimelineCollector
    private var packets = 0
    /// The same as a capture file: microseconds, IP at once.
    private(set) var pcap: [UInt8] = [
        0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0,
    ]
    private var next: [UInt16: (client: UInt32, server: UInt32)] = [:]
    /// Of the next packet, in nanoseconds since 1970.
    var time: Int64 = 1_700_000_000_000_000_000

    init(markers: [String] = [], collector: TimelineCollector = TimelineCollector()) {
        monitor = TrafficMonitor(markers: markers.compactMap { Marker($0) }, reportsRecords: true)
        collected = collector
    }

    mutating func open(_ port: UInt16) {
        next[port] = (1_001, 5_001)
        packet(port, fromClient: true, flags: 0x02, sequence: 1_000, acknowledgement: 0, [])
        packet(port, fromClient: false, flags: 0x12, sequence: 5_000, acknowledgement: 1_001, [])
    }

    mutating func send(_ port: UInt16, fromClient: Bool, _ bytes: [UInt8]) {
        guard let (client, server) = next[port] else { return }
        packet(
            port, fromClient: fromClient, flags: 0x18, sequence: fromClient ? client : server,
            acknowledgement: fromClient ? server : client, bytes)
        let count = UInt32(bytes.count)
        next[port] = fromClient ? (client &+ count, server) : (client, server &+ count)
    }

    /// A handshake, and `records` more from each side.
    mutating func talk(_ port: UInt16, name: String = "chat.test", protocols: [String] = ["h2"], records: Int = 3) {
        open(port)
        send(port, fromClient: true, Self.clientHello(name: name, protocols: protocols))
        send(port, fromClient: false, Self.serverHello + Self.change + Self.encrypted(900) + Self.encrypted(53))
        send(port, fromClient: true, Self.change + Self.encrypted(53))
        for number in 0..<records {
            time += 20_000_000
            send(port, fromClient: true, Self.encrypted(60 + number % 900))
            send(port, fromClient: false, Self.encrypted(200 + number % 700))
        }
    }

    private mutating func packet(
        _ port: UInt16, fromClient: Bool, flags: UInt8, sequence: UInt32, acknowledgement: UInt32, _ payload: [UInt8]
    ) {
        packets += 1
        time += 1_000_000
        let ends = [Self.two(Int(port)), Self.two(443)]
        let tcp =
            (fromClient ? ends[0] + ends[1] : ends[1] + ends[0]) + Self.four(sequence) + Self.four(acknowledgement)
            + [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0] + payload
        let addresses: [UInt8] = fromClient ? [10, 0, 0, 1, 10, 0, 0, 2] : [10, 0, 0, 2, 10, 0, 0, 1]
        let ip: [UInt8] = [0x45, 0] + Self.two(20 + tcp.count) + [0, 0, 0x40, 0, 64, 6, 0, 0] + addresses + tcp
        let (seconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        for value in [seconds, rest / 1_000, Int64(ip.count), Int64(ip.count)] {
            pcap += Self.four(UInt32(truncatingIfNeeded: value)).reversed()
        }
        pcap += ip
        ip.withUnsafeBytes {
            monitor.receive(CapturedPacket(number: packets, time: time, link: .raw, originalLength: ip.count), $0)
        }
        collected.take(monitor.takeEvents())
    }

    mutating func finish() -> TrafficReport {
        let report = monitor.finish()
        collected.take(monitor.takeEvents())
        return report
    }

    /// The page of all that.
    mutating func page(filter: String = "", file: String = "talk.pcap") -> String {
        let report = finish()
        return ReportPage(
            report, digests: [CaptureDigest(file: file, sha256: String(repeating: "ab", count: 32))],
            collected: collected,
            setting: ReportPage.Setting(version: "1.2.3", filter: filter, made: 1_700_000_100_000_000_000)
        ).html
    }

    // MARK: Records

    static func two(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }

    private static func four(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }

    static func record(_ type: UInt8, _ payload: [UInt8], version: [UInt8] = [3, 3]) -> [UInt8] {
        [type] + version + two(payload.count) + payload
    }

    private static func handshake(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        record(22, [type, 0] + two(body.count) + body)
    }

    private static func entry(_ type: Int, _ content: [UInt8]) -> [UInt8] { two(type) + two(content.count) + content }

    static func clientHello(name: String, protocols: [String]) -> [UInt8] {
        let name = Array(name.utf8)
        let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        var extensions = entry(0, two(name.count + 3) + [0] + two(name.count) + name)
        if !list.isEmpty { extensions += entry(16, two(list.count) + list) }
        extensions += entry(10, [0, 2, 0, 29]) + entry(13, [0, 2, 4, 3]) + entry(43, [2, 3, 4])
        extensions += entry(51, [0, 36, 0, 29, 0, 32] + noise(32))
        return handshake(
            1, [3, 3] + noise(32) + [32] + session + [0, 2, 0x13, 1, 1, 0] + two(extensions.count) + extensions)
    }

    private static let session = [UInt8](repeating: 7, count: 32)

    static let serverHello: [UInt8] = {
        let extensions = entry(43, [3, 4]) + entry(51, [0, 29, 0, 32] + noise(32))
        return handshake(2, [3, 3] + noise(32) + [32] + session + [0x13, 1, 0] + two(extensions.count) + extensions)
    }()

    static let change = record(20, [1])

    static func encrypted(_ length: Int) -> [UInt8] { record(23, noise(length)) }

    /// Evenly spread, and the same on every run.
    private static func noise(_ count: Int) -> [UInt8] {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15 &+ UInt64(count)
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(state >> 56)
        }
    }
}
