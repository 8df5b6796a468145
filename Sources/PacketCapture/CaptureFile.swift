public import TLSMonitor

/// A capture file in the format pcap or pcapng, with links of several kinds, as it is or packed with gzip; `-` is standard input.
///
/// A file that is cut off or damaged gives what comes before the place; ``damage`` tells of it then.
public final class CaptureFile {
    public let path: String
    private var source: ByteSource
    private let header: PcapHeader?
    private let link: LinkType
    private var section = PcapngSection()
    private var number = 0
    /// Whether the file ended in the middle of a packet.
    public private(set) var endsEarly = false
    /// What is wrong with the file, and where, in a sentence; nothing behind that place was read.
    public private(set) var damage: String?
    /// Packets that the file says were lost in capturing.
    public private(set) var drops = 0
    /// Where secrets go that the file holds.
    private let keyLog: KeyLog?

    /// Bytes that one packet may have.
    static let longestPacket = 1 << 24

    /// What ``drops`` counts to.
    static let mostDrops = 1 << 60

    /// - Parameters:
    ///   - path: `-` for standard input.
    ///   - keyLog: gets the secrets that the file holds, before the packets behind them are handed out.
    /// - Throws: ``CaptureError``.
    public init(path: String, keyLog: KeyLog? = nil) throws(CaptureError) {
        var source = try ByteSource(path: path)
        guard source.have(4) else {
            if let failure = source.failure { throw .cannotOpen(file: path, reason: failure) }
            throw .notACapture(file: path)
        }
        if source.bytes(2).elementsEqual([0x1F, 0x8B]) {
            guard source.unpack() else { throw .failed("out of memory") }
            guard source.have(4) else {
                throw .malformed(file: path, offset: 0, what: source.failure ?? "it is packed, and empty")
            }
        } else if let program = Self.packer(source.bytes(4)) {
            throw .compressed(file: path, with: program)
        }
        if source.bytes(4).elementsEqual([0x0A, 0x0D, 0x0D, 0x0A]) {
            header = nil
        } else {
            guard source.have(PcapHeader.length), let header = PcapHeader(source.bytes(PcapHeader.length)) else {
                throw .notACapture(file: path)
            }
            source.advance(PcapHeader.length)
            self.header = header
        }
        link = LinkType(number: header?.link ?? 0)
        self.path = path
        self.source = source
        self.keyLog = keyLog
    }

    /// Which program packed it, of those whose formats are not unpacked here.
    private static func packer(_ magic: UnsafeRawBufferPointer) -> String? {
        if magic.elementsEqual([0x28, 0xB5, 0x2F, 0xFD]) { return "zstd" }
        if magic.elementsEqual([0xFD, 0x37, 0x7A, 0x58]) { return "xz" }
        if magic.elementsEqual([0x04, 0x22, 0x4D, 0x18]) { return "lz4" }
        return magic.prefix(3).elementsEqual([0x42, 0x5A, 0x68]) ? "bzip2" : nil
    }

    /// Hands the next packet to `body`.
    /// - Returns: `false` at the end of the file, and where ``damage`` begins.
    /// - Throws: ``CaptureError/malformed(file:offset:what:)`` if the file is damaged before its first packet.
    public func next(
        _ body: (CapturedPacket, UnsafeRawBufferPointer) -> Void
    ) throws(CaptureError) -> Bool {
        guard damage == nil else { return false }
        if let header { return try nextPcap(header, body) }
        return try nextPcapng(body)
    }

    /// Bytes that were read so far; of a compressed file, of what is in it.
    public var bytesRead: Int { source.offset }

    /// SHA-256 of the whole file as it lies there, in hexadecimal digits.
    public func digest() -> String { source.digest() }

    /// What the source knows of its own failings.
    public var facts: CaptureFacts { CaptureFacts(drops: drops, endsEarly: endsEarly, damage: damage) }

    // MARK: The end

    private var place: String {
        "byte \(source.offset)" + (source.isPacked ? " of what it unpacks to" : "")
    }

    private func isDamaged(_ what: String) throws(CaptureError) -> Bool {
        guard number > 0 else { throw .malformed(file: path, offset: source.offset, what: what) }
        damage = "the capture file is damaged at \(place): \(what); what lies behind that was not read"
        return false
    }

    /// Nothing more can be had, and `source` is not empty or failed.
    private func ends() throws(CaptureError) -> Bool {
        if let failure = source.failure {
            endsEarly = true
            return try isDamaged(failure)
        }
        if !source.isEmpty {
            endsEarly = true
            damage = "the capture file ends in the middle of a packet, which begins at \(place)"
        }
        return false
    }

    // MARK: pcap

    private func nextPcap(
        _ header: PcapHeader, _ body: (CapturedPacket, UnsafeRawBufferPointer) -> Void
    ) throws(CaptureError) -> Bool {
        let head = header.recordLength
        guard source.have(head) else { return try ends() }
        let record = source.bytes(head)
        let order = header.order
        let captured = Int(order.uint32(record, 8)), original = Int(order.uint32(record, 12))
        guard captured <= Self.longestPacket else { return try isDamaged("a packet of \(captured) bytes") }
        let time =
            Int64(order.uint32(record, 0)) * 1_000_000_000
            + Int64(order.uint32(record, 4)) * header.nanosecondsPerUnit
        guard source.have(head + captured) else { return try ends() }
        number += 1
        body(
            CapturedPacket(number: number, time: time, link: link, originalLength: max(captured, original)),
            source.bytes(captured, at: head))
        source.advance(head + captured)
        return true
    }

    // MARK: pcapng

    private func nextPcapng(
        _ body: (CapturedPacket, UnsafeRawBufferPointer) -> Void
    ) throws(CaptureError) -> Bool {
        while source.have(12) {
            let head = source.bytes(12)
            if ByteOrder.big.uint32(head, 0) == 0x0A0D_0D0A {
                section = PcapngSection(byteOrderMagic: UnsafeRawBufferPointer(rebasing: head[8...]))
            }
            guard let order = section.order else { return try isDamaged("no byte order") }
            let (type, length) = (order.uint32(head, 0), Int(order.uint32(head, 4)))
            guard length >= 12, length.isMultiple(of: 4), length <= Self.longestPacket + 1_024 else {
                return try isDamaged("a block of \(length) bytes")
            }
            guard source.have(length) else { return try ends() }
            guard Int(order.uint32(source.bytes(4, at: length - 4), 0)) == length else {
                return try isDamaged("a block whose two lengths differ")
            }
            let content = source.bytes(length - 12, at: 8)
            switch section.block(type: type, content) {
            case .nothing: source.advance(length)
            case .keyLog(let range):
                keyLog?.add(UnsafeRawBufferPointer(rebasing: content[range]))
                source.advance(length)
            case .drops(let count):
                // Sections may repeat without end: past all belief it is only many.
                drops = min(drops + count, Self.mostDrops)
                source.advance(length)
            case .malformed(let what): return try isDamaged(what)
            case .packet(let found):
                number += 1
                if found.drops > 0 { drops = min(drops + found.drops, Self.mostDrops) }
                body(
                    CapturedPacket(
                        number: number, time: found.time, link: found.link, originalLength: found.originalLength),
                    UnsafeRawBufferPointer(rebasing: content[found.range]))
                source.advance(length)
                return true
            }
        }
        return try ends()
    }
}
