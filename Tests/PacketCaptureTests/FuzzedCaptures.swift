import Foundation
import Glibc
import PacketCapture
import TLSMonitor
import TLSWire

/// What the monitor reads from strangers. None of it has another form: what is read gives its input back, unless the ledger does not
/// hold every byte of payload once.
extension FuzzedDecoder {
    static let captures: [FuzzedDecoder] = [
        .init("CaptureBytes") { bytes in try read(file: bytes) ? bytes : [] },
        .init("CapturedPackets") { bytes in balances(packets(bytes)) ? bytes : [] },
        .init("SegmentStream") { bytes in balances(segments(bytes)) ? bytes : [] },
        .init("AlarmingStream") { bytes in balances(segments(bytes), alarms: true) ? bytes : [] },
        .init("RecordStream") { bytes in balances(talk(bytes)) ? bytes : [] },
        .init("KeyedStream") { bytes in balances(talk(bytes), keyLog: keys) ? bytes : [] },
        .init("KeyLogText") { bytes in
            let keyLog = KeyLog()
            keyLog.add(bytes)
            return bytes
        },
        .init("ClientHelloBody") { bytes in
            let hello = try ClientHello(decoding: bytes)
            _ = (hello.ja3, hello.ja4, hello.ja4Text)
            return bytes
        },
        .init("ServerHelloBody") { bytes in
            _ = try ServerHello(decoding: bytes).ja3s
            return bytes
        },
        .init("CertificateDER") { bytes in
            _ = try CertificateFacts(decoding: bytes)
            return bytes
        },
    ]

    /// A capture file, without a name.
    /// - Returns: whether the ledger balances.
    private static func read(file bytes: [UInt8]) throws -> Bool {
        var name = Array("/dev/shm/capture-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw CaptureError.failed("no memory") }
        unlink(name)
        defer { close(descriptor) }
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        lseek(descriptor, 0, SEEK_SET)
        let keyLog = KeyLog()
        let file = try CaptureFile(path: "/proc/self/fd/\(descriptor)", keyLog: keyLog)
        let monitor = watch(keyLog: keyLog)
        while try file.next({ packet, bytes in monitor.receive(packet, bytes) }) { _ = monitor.takeEvents() }
        return isBalanced(monitor)
    }

    /// - Parameter alarms: whether to watch for them, whose tables take longer to make than all else.
    private static func watch(keyLog: KeyLog? = nil, alarms: Bool = false) -> TrafficMonitor {
        let monitor = TrafficMonitor(
            markers: [Marker("a marker")].compactMap { $0 }, reportsRecords: true, keyLog: keyLog,
            alarms: alarms ? AlarmWatch() : nil)
        monitor.opensTunnels = true
        return monitor
    }

    private static func isBalanced(_ monitor: TrafficMonitor) -> Bool {
        let report = monitor.finish()
        _ = monitor.takeEvents()
        return report.ledger.total == report.payloadBytes
    }

    private static func balances(
        _ packets: [(link: UInt32, bytes: [UInt8])], keyLog: KeyLog? = nil, alarms: Bool = false
    ) -> Bool {
        let monitor = watch(keyLog: keyLog, alarms: alarms)
        for (number, packet) in packets.enumerated() {
            let header = CapturedPacket(
                number: number + 1, time: Int64(number) * 1_000_000, link: LinkType(number: packet.link),
                originalLength: packet.bytes.count)
            packet.bytes.withUnsafeBytes { monitor.receive(header, $0) }
        }
        return isBalanced(monitor)
    }

    /// Packets: a byte for the link type, one for the length, and so many bytes.
    private static func packets(_ bytes: [UInt8]) -> [(link: UInt32, bytes: [UInt8])] {
        let links: [UInt32] = [1, 101, 0, 113, 276, 9, 105, 127, 12, 117, 239, 50]
        var result: [(link: UInt32, bytes: [UInt8])] = []
        var place = 0
        while place + 2 <= bytes.count {
            let link = links[Int(bytes[place]) % links.count]
            let end = min(bytes.count, place + 2 + Int(bytes[place + 1]))
            result.append((link, Array(bytes[(place + 2)..<end])))
            place = end
        }
        return result
    }

    /// Segments of one connection: flags, where it begins (from the next byte, -64 to 63), the length, and so many bytes. The highest
    /// bit of the flags says who sends.
    private static func segments(_ bytes: [UInt8]) -> [(link: UInt32, bytes: [UInt8])] {
        var result: [(link: UInt32, bytes: [UInt8])] = []
        var next: [UInt32] = [1_000, UInt32.max - 50]
        var place = 0
        while place + 3 <= bytes.count {
            let side = Int(bytes[place] >> 7)
            let end = min(bytes.count, place + 3 + Int(bytes[place + 2]))
            let data = Array(bytes[(place + 3)..<end])
            let start = next[side] &+ UInt32(bytes[place + 1] & 0x7F) &- 64
            result.append(
                (
                    101,
                    segment(side, start, acknowledging: next[1 - side], flags: bytes[place] & 0x1F, data)
                ))
            next[side] = start &+ UInt32(data.count)
            place = end
        }
        return result
    }

    /// Turns of one connection that was opened properly: a byte whose highest bit says who speaks, with the next one for the length, and
    /// so many bytes.
    private static func talk(_ bytes: [UInt8]) -> [(link: UInt32, bytes: [UInt8])] {
        var next: [UInt32] = [1_001, 5_001]
        var result: [(link: UInt32, bytes: [UInt8])] = [
            (101, segment(0, 1_000, acknowledging: 0, flags: 2, [])),
            (101, segment(1, 5_000, acknowledging: 1_001, flags: 0x12, [])),
        ]
        var place = 0
        while place + 2 <= bytes.count {
            let side = Int(bytes[place] >> 7)
            let length = Int(bytes[place] & 0x7F) << 8 | Int(bytes[place + 1])
            let end = min(bytes.count, place + 2 + length)
            let data = Array(bytes[(place + 2)..<end])
            result.append((101, segment(side, next[side], acknowledging: next[1 - side], flags: 0x18, data)))
            next[side] = next[side] &+ UInt32(data.count)
            place = end
        }
        return result
    }

    /// An IPv4 packet with a TCP segment.
    private static func segment(
        _ side: Int, _ sequence: UInt32, acknowledging: UInt32, flags: UInt8, _ data: [UInt8]
    ) -> [UInt8] {
        func big(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }
        func big(_ value: UInt32) -> [UInt8] { big(Int(value >> 16)) + big(Int(value & 0xFFFF)) }
        let ends: [(address: [UInt8], port: Int)] = [([192, 0, 2, 1], 50_000), ([192, 0, 2, 2], 443)]
        let (from, to) = (ends[side], ends[1 - side])
        let head: [UInt8] = [0x45, 0] + big(40 + data.count) + [0, 0, 0, 0, 64, 6, 0, 0] + from.address + to.address
        let ports: [UInt8] = big(from.port) + big(to.port) + big(sequence) + big(acknowledging)
        return head + ports + [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0] + data
    }

    /// Secrets of the client whose random is 32 bytes of 7.
    private static var keys: KeyLog {
        let keyLog = KeyLog()
        let random = String(repeating: "07", count: 32)
        for label in [
            "CLIENT_RANDOM", "CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
        ] {
            let secret = String(repeating: "2a", count: label == "CLIENT_RANDOM" ? 48 : 32)
            keyLog.add(Array("\(label) \(random) \(secret)\n".utf8))
        }
        return keyLog
    }
}
