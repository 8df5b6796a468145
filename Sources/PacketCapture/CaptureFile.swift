public import TLSMonitor

/// A capture file in the format pcap or pcapng, with links of several kinds.
public final class CaptureFile {
    public let path: String
    private var source: ByteSource
    private var format: Format
    private var number = 0
    /// Whether the file ended in the middle of a packet.
    public private(set) var endsEarly = false
    /// Packets that the file says were lost in capturing.
    public private(set) var drops = 0
    /// Where secrets go that the file holds.
    private let keyLog: KeyLog?

    /// Bytes that one packet may have.
    static let longestPacket = 1 << 24

    /// What ``drops`` counts to.
    static let mostDrops = 1 << 60

    private enum Format {
        case pcap(PcapHeader)
        case pcapng(PcapngSection)
    }

    /// - Parameter keyLog: gets the secrets that the file holds, before the packets behind them are handed out.
    /// - Throws: ``CaptureError``.
    public init(path: String, keyLog: KeyLog? = nil) throws(CaptureError) {
        var source = try ByteSource(path: path)
        guard source.have(4) else { throw .notACapture(file: path) }
        let magic = source.peek(4) { Array($0) }
        if magic[0] == 0x1F, magic[1] == 0x8B { throw .compressed(file: path) }
        if magic == [0x0A, 0x0D, 0x0D, 0x0A] {
            format = .pcapng(PcapngSection())
        } else {
            guard source.have(PcapHeader.length), let header = source.peek(PcapHeader.length, { PcapHeader($0) }) else {
                throw .notACapture(file: path)
            }
            source.advance(PcapHeader.length)
            format = .pcap(header)
        }
        self.path = path
        self.source = source
        self.keyLog = keyLog
    }

    /// Hands the next packet to `body`.
    /// - Returns: `false` at the end of the file.
    /// - Throws: ``CaptureError/malformed(file:offset:what:)``.
    public func next(
        _ body: (CapturedPacket, UnsafeRawBufferPointer) -> Void
    ) throws(CaptureError) -> Bool {
        defer { if source.failure != nil { endsEarly = true } }
        switch format {
        case .pcap(let header): return try nextPcap(header, body)
        case .pcapng(var section):
            defer { format = .pcapng(section) }
            return try nextPcapng(&section, body)
        }
    }

    /// SHA-256 of the whole file, in hexadecimal digits.
    public func digest() -> String { source.digest() }

    private func damaged(_ what: String) -> CaptureError {
        .malformed(file: path, offset: source.offset, what: what)
    }

    // MARK: pcap

    private func nextPcap(
        _ header: PcapHeader, _ body: (CapturedPacket, UnsafeRawBufferPointer) -> Void
    ) throws(CaptureError) -> Bool {
        guard source.have(16) else {
            endsEarly = !source.isEmpty
            return false
        }
        let record = source.peek(16) { bytes in (0..<4).map { header.order.uint32(bytes, 4 * $0) } }
        let captured = Int(record[2])
        guard captured <= Self.longestPacket else { throw damaged("a packet of \(captured) bytes") }
        guard source.have(16 + captured) else {
            endsEarly = true
            return false
        }
        number += 1
        let packet = CapturedPacket(
            number: number, time: Int64(record[0]) * 1_000_000_000 + Int64(record[1]) * header.nanosecondsPerUnit,
            link: LinkType(number: header.link), originalLength: max(captured, Int(record[3])))
        source.peek(captured, at: 16) { body(packet, $0) }
        source.advance(16 + captured)
        return true
    }

    // MARK: pcapng

    private func nextPcapng(
        _ section: inout PcapngSection, _ body: (CapturedPacket, UnsafeRawBufferPointer) -> Void
    ) throws(CaptureError) -> Bool {
        while source.have(12) {
            let isSection = source.peek(4) { $0.elementsEqual([0x0A, 0x0D, 0x0D, 0x0A]) }
            if isSection { section = source.peek(4, at: 8) { PcapngSection(byteOrderMagic: $0) } }
            guard let order = section.order else { throw damaged("no byte order") }
            let (type, length) = source.peek(8) { (order.uint32($0, 0), Int(order.uint32($0, 4))) }
            guard length >= 12, length.isMultiple(of: 4), length <= Self.longestPacket + 1_024 else {
                throw damaged("a block of \(length) bytes")
            }
            guard source.have(length) else {
                endsEarly = true
                return false
            }
            guard source.peek(4, at: length - 4, { Int(order.uint32($0, 0)) }) == length else {
                throw damaged("a block whose two lengths differ")
            }
            let block = source.peek(length - 12, at: 8) { section.block(type: type, $0) }
            switch block {
            case .nothing: source.advance(length)
            case .keyLog(let range):
                source.peek(range.count, at: 8 + range.lowerBound) { keyLog?.add($0) }
                source.advance(length)
            case .drops(let count):
                // Sections may repeat without end: past all belief it is only many.
                drops = min(drops + count, Self.mostDrops)
                source.advance(length)
            case .malformed(let what): throw damaged(what)
            case .packet(let found):
                number += 1
                let packet = CapturedPacket(
                    number: number, time: found.time, link: found.link, originalLength: found.originalLength)
                source.peek(found.range.count, at: 8 + found.range.lowerBound) { body(packet, $0) }
                source.advance(length)
                return true
            }
        }
        endsEarly = !source.isEmpty
        return false
    }
}
