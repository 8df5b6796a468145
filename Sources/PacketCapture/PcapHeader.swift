/// In which order a file's numbers have their bytes.
enum ByteOrder {
    case little
    case big

    func uint16(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt16 {
        let value = bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self)
        return self == .little ? UInt16(littleEndian: value) : UInt16(bigEndian: value)
    }

    func uint32(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt32 {
        let value = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        return self == .little ? UInt32(littleEndian: value) : UInt32(bigEndian: value)
    }
}

/// The head of a file in the format pcap (draft-ietf-opsawg-pcap).
struct PcapHeader {
    static let length = 24

    let order: ByteOrder
    let nanosecondsPerUnit: Int64
    let link: UInt32

    /// - Parameter bytes: at least ``length``. `nil` if they are no such head.
    init?(_ bytes: UnsafeRawBufferPointer) {
        switch (ByteOrder.little.uint32(bytes, 0), ByteOrder.big.uint32(bytes, 0)) {
        case (0xA1B2_C3D4, _): (order, nanosecondsPerUnit) = (.little, 1_000)
        case (0xA1B2_3C4D, _): (order, nanosecondsPerUnit) = (.little, 1)
        case (_, 0xA1B2_C3D4): (order, nanosecondsPerUnit) = (.big, 1_000)
        case (_, 0xA1B2_3C4D): (order, nanosecondsPerUnit) = (.big, 1)
        default: return nil
        }
        // The upper bits tell of a frame check sequence.
        link = order.uint32(bytes, 20) & 0xFFFF
    }
}
