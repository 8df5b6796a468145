/// How an entry is found: by its room's number and its own, in one.
struct EntryID: Hashable, Sendable {
    /// The room's number in the upper 23 bits, the entry's in the lower 40.
    let value: Int64

    static let maximumSequence: UInt64 = 1 << 40 - 1

    /// - Parameter sequence: larger ones than ``maximumSequence`` count as that one.
    init(_ room: UInt32, _ sequence: UInt64) {
        value = Int64(room & 0x7F_FFFF) << 40 | Int64(min(sequence, Self.maximumSequence))
    }
}
