import TLSMonitor

/// A section of a file in the format pcapng (draft-ietf-opsawg-pcapng): its byte order and its interfaces.
struct PcapngSection {
    private(set) var order: ByteOrder?
    private var interfaces: [Interface] = []

    private struct Interface {
        var link: LinkType
        var snapshotLength: Int
        var unitsPerSecond: UInt64
        /// Nanoseconds that its stamps lie behind 1970.
        var start: Int64
        /// Packets that were lost on it: as its statistics said last, and as its packets said one by one.
        var drops = 0
        var dropsBetween = 0
    }

    struct Packet {
        /// Where its bytes lie in the block's body.
        var range: Range<Int>
        var time: Int64
        var link: LinkType
        var originalLength: Int
        /// So many more packets were lost.
        var drops = 0
    }

    enum Block {
        case packet(Packet)
        case nothing
        /// Lines of a TLS key log, where they lie in the block's body.
        case keyLog(Range<Int>)
        /// So many more packets were lost.
        case drops(Int)
        case malformed(String)
    }

    private static let mostInterfaces = 4_096

    init() {}

    init(byteOrderMagic bytes: UnsafeRawBufferPointer) {
        switch (ByteOrder.little.uint32(bytes, 0), ByteOrder.big.uint32(bytes, 0)) {
        case (0x1A2B_3C4D, _): order = .little
        case (_, 0x1A2B_3C4D): order = .big
        default: order = nil
        }
    }

    /// - Parameter body: between the block's two lengths.
    mutating func block(type: UInt32, _ body: UnsafeRawBufferPointer) -> Block {
        guard let order else { return .malformed("no byte order") }
        switch type {
        case 1: return addInterface(body, order)
        case 2: return oldPacket(body, order)
        case 3: return simplePacket(body, order)
        case 5: return statistics(body, order)
        case 6: return enhancedPacket(body, order)
        case 10: return secrets(body, order)
        default: return .nothing
        }
    }

    private mutating func addInterface(_ body: UnsafeRawBufferPointer, _ order: ByteOrder) -> Block {
        guard body.count >= 8, interfaces.count < Self.mostInterfaces else { return .malformed("an interface") }
        var units: UInt64 = 1_000_000
        var start: Int64 = 0
        Self.options(body, from: 8, order) { code, value in
            if code == 9, value.count == 1 { units = Self.units(resolution: body[value.lowerBound]) }
            if code == 14, value.count == 8 {
                let seconds = Int64(bitPattern: order.uint64(body, value.lowerBound))
                start = seconds.multipliedReportingOverflow(by: 1_000_000_000).overflow ? 0 : seconds * 1_000_000_000
            }
        }
        interfaces.append(
            Interface(
                link: LinkType(number: UInt32(order.uint16(body, 0))), snapshotLength: Int(order.uint32(body, 4)),
                unitsPerSecond: units, start: start))
        return .nothing
    }

    /// Options: code, length, value, padded to four bytes.
    private static func options(
        _ body: UnsafeRawBufferPointer, from start: Int, _ order: ByteOrder, _ take: (UInt16, Range<Int>) -> Void
    ) {
        var place = start
        while place + 4 <= body.count {
            let code = order.uint16(body, place), length = Int(order.uint16(body, place + 2))
            guard code != 0, place + 4 + length <= body.count else { break }
            take(code, place + 4..<place + 4 + length)
            place += 4 + (length + 3) / 4 * 4
        }
    }

    /// A power of ten, or of two if the highest bit is set; of what 64 bits cannot hold, the largest.
    private static func units(resolution: UInt8) -> UInt64 {
        let isBinary = resolution & 0x80 != 0
        var units: UInt64 = 1
        for _ in 0..<min(resolution & 0x7F, isBinary ? 63 : 19) { units *= isBinary ? 2 : 10 }
        return units
    }

    /// Nanoseconds since 1970; 0 for a time that they cannot hold.
    private static func time(_ high: UInt32, _ low: UInt32, unitsPerSecond units: UInt64) -> Int64 {
        let (seconds, rest) = (UInt64(high) << 32 | UInt64(low)).quotientAndRemainder(dividingBy: units)
        let whole = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let part = units.dividingFullWidth(rest.multipliedFullWidth(by: 1_000_000_000)).quotient
        let sum = whole.partialValue.addingReportingOverflow(part)
        return whole.overflow || sum.overflow ? 0 : Int64(exactly: sum.partialValue) ?? 0
    }

    /// What the interface lost, in the counts of the interface and of the system (options 5 and 7).
    private mutating func statistics(_ body: UnsafeRawBufferPointer, _ order: ByteOrder) -> Block {
        guard body.count >= 12 else { return .malformed("statistics") }
        let index = Int(order.uint32(body, 0))
        guard index < interfaces.count else { return .malformed("statistics of an interface that is not described") }
        var drops = 0
        Self.options(body, from: 12, order) { code, value in
            guard code == 5 || code == 7, value.count == 8 else { return }
            // A number of packets; what is more than 2^40 is no such number, and more than none.
            drops += Int(min(order.uint64(body, value.lowerBound), 1 << 40))
        }
        // Its packets may have told of the same ones.
        let known = max(interfaces[index].drops, interfaces[index].dropsBetween)
        interfaces[index].drops = max(drops, interfaces[index].drops)
        return drops > known ? .drops(drops - known) : .nothing
    }

    /// - Parameter count: packets that were lost on an interface before one of its packets.
    /// - Returns: how many of them nobody has told of.
    private mutating func lose(_ count: Int, on index: Int) -> Int {
        guard count > 0 else { return 0 }
        let known = max(interfaces[index].drops, interfaces[index].dropsBetween)
        interfaces[index].dropsBetween = min(interfaces[index].dropsBetween + count, 1 << 60)
        return max(0, interfaces[index].dropsBetween - known)
    }

    /// A Decryption Secrets Block; of its kinds, those of TLS.
    private func secrets(_ body: UnsafeRawBufferPointer, _ order: ByteOrder) -> Block {
        guard body.count >= 8 else { return .malformed("secrets") }
        let length = Int(order.uint32(body, 4))
        guard length <= body.count - 8 else { return .malformed("secrets that are longer than their block") }
        return order.uint32(body, 0) == 0x544C_534B ? .keyLog(8..<8 + length) : .nothing
    }

    /// The obsolete block of a packet, which is as good as its successor.
    private mutating func oldPacket(_ body: UnsafeRawBufferPointer, _ order: ByteOrder) -> Block {
        guard body.count >= 20 else { return .malformed("a packet") }
        let drops = Int(order.uint16(body, 2))
        return packet(body, order, interface: Int(order.uint16(body, 0)), drops: drops == 0xFFFF ? 0 : drops)
    }

    private mutating func enhancedPacket(_ body: UnsafeRawBufferPointer, _ order: ByteOrder) -> Block {
        guard body.count >= 20 else { return .malformed("a packet") }
        let captured = Int(order.uint32(body, 12))
        var drops = 0
        // The option that counts what was lost before the packet.
        let options = 20 + (captured + 3) / 4 * 4
        if captured <= body.count, options + 12 <= body.count {
            Self.options(body, from: options, order) { code, value in
                if code == 4, value.count == 8 { drops = Int(min(order.uint64(body, value.lowerBound), 1 << 40)) }
            }
        }
        return packet(body, order, interface: Int(order.uint32(body, 0)), drops: drops)
    }

    private mutating func packet(
        _ body: UnsafeRawBufferPointer, _ order: ByteOrder, interface index: Int, drops: Int
    ) -> Block {
        let captured = Int(order.uint32(body, 12))
        guard index < interfaces.count else { return .malformed("a packet of an interface that is not described") }
        guard captured <= body.count - 20 else { return .malformed("a packet that is longer than its block") }
        let lost = lose(drops, on: index)
        let interface = interfaces[index]
        let time = Self.time(order.uint32(body, 4), order.uint32(body, 8), unitsPerSecond: interface.unitsPerSecond)
            .addingReportingOverflow(interface.start)
        // Times are subtracted from one another everywhere: none lies before 1970, so no difference overflows.
        return .packet(
            Packet(
                range: 20..<20 + captured, time: time.overflow ? 0 : max(0, time.partialValue),
                link: interface.link, originalLength: max(captured, Int(order.uint32(body, 16))), drops: lost))
    }

    private func simplePacket(_ body: UnsafeRawBufferPointer, _ order: ByteOrder) -> Block {
        guard body.count >= 4, let interface = interfaces.first else { return .malformed("a packet") }
        let original = Int(order.uint32(body, 0))
        let limit = interface.snapshotLength == 0 ? Int.max : interface.snapshotLength
        let captured = min(original, body.count - 4, limit)
        return .packet(Packet(range: 4..<4 + captured, time: 0, link: interface.link, originalLength: original))
    }
}
