/// How evenly bytes are spread. Ciphertext is even; text is not. Compressed data can be: evenness supports, and proves nothing.
package struct ByteHistogram {
    private var counts = [UInt32](repeating: 0, count: 256)
    private var total = 0
    /// Records, and those of them that lean to text.
    private var records = 0
    private var odd = 0

    /// Bytes that are counted of one direction.
    static let limit = 65_536
    /// Below so many bytes nothing can be said.
    private static let least = 64

    package init() {}

    package mutating func add(_ bytes: [UInt8]) {
        guard total < Self.limit else { return }
        for byte in bytes { counts[Int(byte)] += 1 }
        total += bytes.count
    }

    /// Counts a record, and says whether it is text: hardly any of its bytes, or hardly any other, has its highest bit set. Of even
    /// bytes that is as good as impossible (seven standard deviations, one record in 10^11). Text is so in every usual encoding and
    /// alphabet; 49 bytes of it are enough.
    /// - Parameter high: of `count` bytes, how many have the highest bit set.
    package mutating func isText(_ count: Int, high: Int) -> Bool {
        records += 1
        let off = 2 * high - count
        if off * off > 16 * count { odd += 1 }
        return Self.leans(count, high: high)
    }

    /// Whether bytes are text by their highest bits: see ``isText(_:high:)``.
    static func leans(_ count: Int, high: Int) -> Bool {
        let off = 2 * high - count
        return off * off > 48 * count
    }

    package mutating func isText(_ bytes: [UInt8]) -> Bool {
        isText(bytes.count, high: bytes.withUnsafeBytes { Self.highBits($0[...]) })
    }

    /// Whether too many records are odd: shorter text, of 17 bytes or more. Of even bytes one record in 15,000 is so odd (four standard
    /// deviations).
    package var hasShortTexts: Bool { odd >= 8 + records / 2_000 }

    /// How many of `bytes` have the highest bit set.
    static func highBits(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        let bytes = UnsafeRawBufferPointer(rebasing: bytes)
        guard let base = bytes.baseAddress else { return 0 }
        var high = 0
        var place = 0
        // Eight counters of a byte each; before one could overflow in the sum, they are added up.
        while place + 8 <= bytes.count {
            var counters: UInt64 = 0
            let end = min(place + 31 * 8, bytes.count & ~7)
            while place < end {
                counters &+= base.loadUnaligned(fromByteOffset: place, as: UInt64.self) >> 7 & 0x0101_0101_0101_0101
                place += 8
            }
            high += Int((counters &* 0x0101_0101_0101_0101) >> 56)
        }
        while place < bytes.count {
            high += Int(bytes[place] >> 7)
            place += 1
        }
        return high
    }

    /// By how many standard deviations chi-square is off what even bytes give; `nil` for too few bytes.
    package var deviation: Double? {
        guard total >= Self.least else { return nil }
        let expected = Double(total) / 256
        let square = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        return (square - 255) / (2 * 255.0).squareRoot()
    }

    /// Text and code lie above by hundreds; of even bytes one direction in 10^20 would lie so high.
    package static let suspicious = 12.0
}
