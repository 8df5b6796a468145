import Testing

@testable import TLSMonitor

@Suite("Beside the connections") struct SideChannelTests {
    private static var packets: [TestPacket] {
        var connection = Connection()
        connection.open()
        connection.say(.clean())
        return connection.packets
    }

    /// Ethernet and IPv4 with a protocol and its bytes.
    private static func packet(_ number: UInt8, _ content: [UInt8]) -> TestPacket {
        let length = 20 + content.count
        let ip: [UInt8] =
            [
                0x45, 0, UInt8(length >> 8), UInt8(length & 0xFF), 0, 0, 0, 0, 64, number, 0, 0, 192, 0, 2, 1, 192, 0,
                2, 2,
            ]
        let bytes = [UInt8](repeating: 2, count: 12) + [8, 0] + ip + content
        return TestPacket(link: .ethernet, bytes: bytes, originalLength: bytes.count)
    }

    @Test("an echo may carry anything, what manages the network leaves no doubt", arguments: [0, 3, 8, 11] as [UInt8])
    func echo(type: UInt8) {
        let packets = Self.packets + [Self.packet(1, [type, 0, 0, 0, 0, 0, 0, 0] + Array("meet at noon".utf8))]
        let isEcho = type == 0 || type == 8
        #expect(Observation(packets).verdict == (isEcho ? .inconclusive : .proven))
        #expect(Observation(packets).says("ICMP echo") == isEcho)
    }

    @Test("what follows a segment in its frame leaves a doubt, unless it is zeros", arguments: [0, 65] as [UInt8])
    func trailer(byte: UInt8) {
        var packets = Self.packets
        packets[2].bytes += [0, 0, 0, byte, 0, 0]
        packets[2].originalLength = packets[2].bytes.count
        #expect(Observation(packets).verdict == (byte == 0 ? .proven : .inconclusive))
        #expect(Observation(packets).says("behind the end of their TCP segment") == (byte != 0))
    }
}
