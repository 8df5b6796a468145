/// What the first bytes of every payload say, in the machine's byte order: both ends are this process.
struct Stamp {
    static let byteCount = 32

    /// Tells this process's messages from those of another.
    var run: UInt32
    var sender: UInt32
    /// Counts the sender's messages from 0.
    var number: UInt64
    /// When it was due, by the monotonic clock. Nanoseconds.
    var time: UInt64

    func write(to bytes: UnsafeMutableRawPointer) {
        bytes.storeBytes(of: run, as: UInt32.self)
        bytes.storeBytes(of: sender, toByteOffset: 4, as: UInt32.self)
        bytes.storeBytes(of: number, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: time, toByteOffset: 16, as: UInt64.self)
    }

    static func read(_ bytes: UnsafeRawPointer) -> Stamp {
        Stamp(
            run: bytes.loadUnaligned(as: UInt32.self),
            sender: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self),
            number: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
            time: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    }
}
