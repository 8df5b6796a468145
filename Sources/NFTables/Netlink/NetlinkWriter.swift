internal import CNetlink

/// Writes messages and their attributes.
package struct NetlinkWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// A message of netfilter: `struct nlmsghdr`, `struct nfgenmsg`, and what `body` writes.
    package mutating func message(
        type: UInt16, flags: UInt16, sequence: UInt32, family: UInt8, resource: UInt16 = 0,
        _ body: (inout NetlinkWriter) -> Void = { _ in }
    ) {
        let start = bytes.count
        put(UInt32(0))
        put(type)
        put(flags | 1)  // NLM_F_REQUEST
        put(sequence)
        put(UInt32(0))
        bytes.append(family)
        bytes.append(0)
        put(resource.bigEndian)
        body(&self)
        set(UInt32(bytes.count - start), at: start)
    }

    /// - Parameter data: less than 64 KiB.
    package mutating func attribute(_ type: UInt16, _ data: some Collection<UInt8>) {
        put(UInt16(truncatingIfNeeded: 4 + data.count))
        put(type)
        bytes.append(contentsOf: data)
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    package mutating func attribute(_ type: UInt16, text: String) { attribute(type, Array(text.utf8) + [0]) }

    /// A number as netfilter writes them, the most significant byte first.
    package mutating func attribute(_ type: UInt16, _ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { attribute(type, $0) }
    }

    /// An attribute made of attributes, less than 64 KiB together.
    package mutating func nest(_ type: UInt16, _ body: (inout NetlinkWriter) -> Void) {
        let start = bytes.count
        put(UInt16(0))
        put(type | 0x8000)  // NLA_F_NESTED
        body(&self)
        set(UInt16(truncatingIfNeeded: bytes.count - start), at: start)
    }

    /// Attributes that were written elsewhere.
    mutating func append(_ attributes: [UInt8]) { bytes += attributes }

    /// Asks the kernel to say that it has done the message that begins at `offset` (`NLM_F_ACK`).
    mutating func acknowledge(at offset: Int) {
        guard bytes.indices.contains(offset + 6) else { return }
        bytes[offset + 6] |= 4
    }

    /// As it lies in memory.
    mutating func put<Value: BitwiseCopyable>(_ value: Value) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    private mutating func set(_ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int) {
        withUnsafeBytes(of: value) { value in
            for (index, byte) in value.enumerated() { bytes[offset + index] = byte }
        }
    }
}
