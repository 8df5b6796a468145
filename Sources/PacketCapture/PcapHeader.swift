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

    func uint64(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
        let value = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        return self == .little ? UInt64(littleEndian: value) : UInt64(bigEndian: value)
    }
}

/// The head of a file in the format pcap (draft-ietf-opsawg-pcap).
struct PcapHeader {
    static let length = 24

    let order: ByteOrder
    let nanosecondsPerUnit: Int64
    let link: UInt32
    /// Of what stands in front of each packet: a patched libpcap of the nineties wrote eight bytes more.
    let recordLength: Int

    /// - Parameter bytes: at least ``length``. `nil` if they are no such head.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let (little, big) = (ByteOrder.little.uint32(bytes, 0), ByteOrder.big.uint32(bytes, 0))
        let known: [UInt32] = [0xA1B2_C3D4, 0xA1B2_3C4D, 0xA1B2_CD34]
        let magic: UInt32
        if known.contains(little) {
            (order, magic) = (.little, little)
        } else if known.contains(big) {
            (order, magic) = (.big, big)
        } else {
            return nil
        }
        nanosecondsPerUnit = magic == 0xA1B2_3C4D ? 1 : 1_000
        recordLength = magic == 0xA1B2_CD34 ? 24 : 16
        // The upper bits tell of a frame check sequence.
        link = order.uint32(bytes, 20) & 0xFFFF
    }
}
