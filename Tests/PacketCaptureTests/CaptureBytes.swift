/// Bytes of capture files, right or wrong.
struct CaptureBytes {
    var isBig = false
    var bytes: [UInt8] = []

    mutating func add16(_ value: UInt16) {
        withUnsafeBytes(of: isBig ? value.bigEndian : value.littleEndian) { bytes += $0 }
    }

    mutating func add32(_ value: UInt32) {
        withUnsafeBytes(of: isBig ? value.bigEndian : value.littleEndian) { bytes += $0 }
    }

    // MARK: pcap

    static func pcap(isBig: Bool = false, magic: UInt32 = 0xA1B2_C3D4, link: UInt32 = 1) -> CaptureBytes {
        var file = CaptureBytes(isBig: isBig)
        file.add32(magic)
        file.add16(2)
        file.add16(4)
        for word in [0, 0, 65_535, link] as [UInt32] { file.add32(word) }
        return file
    }

    mutating func record(
        _ packet: [UInt8], seconds: UInt32 = 1, part: UInt32 = 2, length: UInt32? = nil, original: UInt32? = nil
    ) {
        add32(seconds)
        add32(part)
        add32(length ?? UInt32(packet.count))
        add32(original ?? UInt32(packet.count))
        bytes += packet
    }

    // MARK: pcapng

    static func pcapng(isBig: Bool = false) -> CaptureBytes {
        var file = CaptureBytes(isBig: isBig)
        file.section()
        return file
    }

    mutating func section() {
        block(0x0A0D_0D0A) { block in
            block.add32(0x1A2B_3C4D)
            block.add16(1)
            block.add16(0)
            block.add32(0xFFFF_FFFF)
            block.add32(0xFFFF_FFFF)
        }
    }

    mutating func block(
        _ type: UInt32, length: UInt32? = nil, trailer: UInt32? = nil, _ body: (inout CaptureBytes) -> Void
    ) {
        var inner = CaptureBytes(isBig: isBig)
        body(&inner)
        inner.pad()
        let count = UInt32(inner.bytes.count + 12)
        add32(type)
        add32(length ?? count)
        bytes += inner.bytes
        add32(trailer ?? length ?? count)
    }

    mutating func pad() {
        while !bytes.count.isMultiple(of: 4) { bytes.append(0) }
    }

    mutating func option(_ code: UInt16, _ value: [UInt8]) {
        add16(code)
        add16(UInt16(value.count))
        bytes += value
        pad()
    }

    mutating func interface(link: UInt16 = 1, snapshot: UInt32 = 0, resolution: UInt8? = nil) {
        block(1) { block in
            block.add16(link)
            block.add16(0)
            block.add32(snapshot)
            if let resolution {
                block.option(2, Array("eth0".utf8))
                block.option(9, [resolution])
            }
        }
    }

    mutating func enhanced(
        _ packet: [UInt8], interface: UInt32 = 0, stamp: UInt64 = 0, length: UInt32? = nil, original: UInt32? = nil
    ) {
        block(6) { block in
            block.add32(interface)
            block.add32(UInt32(stamp >> 32))
            block.add32(UInt32(truncatingIfNeeded: stamp))
            block.add32(length ?? UInt32(packet.count))
            block.add32(original ?? UInt32(packet.count))
            block.bytes += packet
            block.pad()
            block.option(2, [0, 0, 0, 0])
        }
    }
}
