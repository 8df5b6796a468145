@testable import TLSMonitor

/// What is put around IP packets, for links and tunnels.
enum Envelope {
    /// The packets of a whole conversation, which is proven, from their IP headers on.
    static func talk(v6: Bool = false) -> [[UInt8]] {
        Connection.whole(.clean(), v6 ? .raw6 : .raw).map(\.bytes)
    }

    static func type(of ip: [UInt8]) -> [UInt8] { ip[0] >> 4 == 4 ? [8, 0] : [0x86, 0xDD] }

    static func ethernet(_ ip: [UInt8]) -> [UInt8] { [UInt8](repeating: 2, count: 12) + type(of: ip) + ip }

    static func snap(_ ip: [UInt8]) -> [UInt8] { [0xAA, 0xAA, 3, 0, 0, 0] + type(of: ip) + ip }

    static func ppp(_ ip: [UInt8]) -> [UInt8] { [0, ip[0] >> 4 == 4 ? 0x21 : 0x57] + ip }

    static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    /// An IPv4 packet with any protocol.
    static func ipv4(_ number: UInt8, _ body: [UInt8]) -> [UInt8] {
        [0x45, 0] + Wire.big(UInt16(20 + body.count)) + [
            0, 1, 0x40, 0, 64, number, 0, 0, 198, 51, 100, 1, 198, 51, 100, 2,
        ] + body
    }

    static func ipv6(_ number: UInt8, _ body: [UInt8]) -> [UInt8] {
        [0x60, 0, 0, 0] + Wire.big(UInt16(body.count)) + [number, 64] + zeros(15) + [1] + zeros(15) + [2] + body
    }

    static func udp(_ port: UInt16, _ body: [UInt8], from source: UInt16 = 40_000) -> [UInt8] {
        ipv4(17, Wire.big(source) + Wire.big(port) + Wire.big(UInt16(8 + body.count)) + [0, 0] + body)
    }

    static func packets(_ link: LinkType, _ frames: [[UInt8]]) -> [TestPacket] {
        frames.map { TestPacket(link: link, bytes: $0, originalLength: $0.count) }
    }

    static func observe(_ packets: [TestPacket], opensTunnels: Bool = false, apart: Int64 = 1_000_000) -> TrafficReport
    {
        let monitor = TrafficMonitor()
        monitor.opensTunnels = opensTunnels
        for (index, packet) in packets.enumerated() {
            packet.bytes.withUnsafeBytes { bytes in
                monitor.receive(
                    CapturedPacket(
                        number: index + 1, time: Int64(index) * apart, link: packet.link,
                        originalLength: packet.originalLength), bytes)
            }
        }
        return monitor.finish()
    }
}
