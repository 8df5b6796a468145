import TLSMonitor

/// Of an interface what a capture file says.
public struct CapturedInterface: Sendable, Hashable {
    public var name: String
    /// The number of its link type.
    public var link: UInt32

    public init(name: String, link: UInt32) {
        self.name = name
        self.link = link
    }
}

/// How packets lie in a file (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng). Numbers are little-endian, times nanoseconds.
struct CaptureEncoding {
    let format: CaptureFormat
    let interfaces: [CapturedInterface]
    let snapshotLength: Int
    let filter: String

    /// What a file begins with.
    func head() -> [UInt8] {
        switch format {
        case .pcap:
            return Self.bytes([
                0xA1B2_3C4D, 0x0004_0002, 0, 0, UInt32(clamping: snapshotLength),
                registered(interfaces.first?.link ?? 1),
            ])
        case .pcapng:
            // The byte order, version 1.0, a length that is not known yet, and who wrote it.
            let section =
                Self.bytes([0x1A2B_3C4D, 1, 0xFFFF_FFFF, 0xFFFF_FFFF]) + Self.option(4, Array("tlsmon".utf8)) + Self.end
            var bytes = Self.block(0x0A0D_0D0A, section)
            for interface in interfaces {
                var body = Self.bytes([registered(interface.link), UInt32(clamping: snapshotLength)])
                body += Self.option(2, Array(interface.name.utf8)) + Self.option(9, [9])
                if !filter.isEmpty { body += Self.option(11, [0] + Array(filter.utf8.prefix(60_000))) }
                bytes += Self.block(1, body + Self.end)
            }
            return bytes
        }
    }

    /// libpcap's number for what begins with IP is another one in files.
    private func registered(_ link: UInt32) -> UInt32 { link == 12 ? 101 : link }

    func put(_ packet: CapturedPacket, _ bytes: UnsafeRawBufferPointer, interface: Int, into file: OutputFile) {
        let (count, original) = (UInt32(clamping: bytes.count), UInt32(clamping: packet.originalLength))
        switch format {
        case .pcap:
            let (seconds, nanoseconds) = packet.time.quotientAndRemainder(dividingBy: 1_000_000_000)
            file.put((UInt32(truncatingIfNeeded: seconds), UInt32(truncatingIfNeeded: nanoseconds), count, original))
            file.put(bytes)
        case .pcapng:
            let padding = (4 - bytes.count % 4) % 4
            let length = UInt32(clamping: 32 + bytes.count + padding)
            let time = UInt64(bitPattern: packet.time)
            file.put((6, length, UInt32(clamping: interface), UInt32(time >> 32)))
            withUnsafeBytes(
                of: (UInt32(truncatingIfNeeded: time).littleEndian, count.littleEndian, original.littleEndian)
            ) {
                file.put($0)
            }
            file.put(bytes)
            withUnsafeBytes(of: (UInt32(0), length.littleEndian)) {
                file.put(UnsafeRawBufferPointer(rebasing: $0[(4 - padding)...]))
            }
        }
    }

    /// What a file ends with.
    /// - Parameter statistics: of each interface, for this file alone.
    func tail(_ statistics: [InterfaceStatistics], time: Int64) -> [UInt8] {
        guard format == .pcapng else { return [] }
        let stamp = UInt64(bitPattern: time)
        var bytes: [UInt8] = []
        for (index, counts) in statistics.enumerated() {
            var body = Self.bytes([UInt32(clamping: index), UInt32(stamp >> 32), UInt32(truncatingIfNeeded: stamp)])
            body += Self.option(4, Self.wide(counts.received)) + Self.option(5, Self.wide(counts.droppedByInterface))
            body += Self.option(7, Self.wide(counts.dropped)) + Self.end
            bytes += Self.block(5, body)
        }
        return bytes
    }

    private static let end: [UInt8] = [0, 0, 0, 0]

    private static func bytes(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
    }

    private static func wide(_ number: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private static func option(_ code: UInt16, _ value: [UInt8]) -> [UInt8] {
        bytes([UInt32(code) | UInt32(value.count) << 16]) + value
            + [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
    }

    private static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        let length = UInt32(clamping: body.count + 12)
        return bytes([type, length]) + body + bytes([length])
    }
}
