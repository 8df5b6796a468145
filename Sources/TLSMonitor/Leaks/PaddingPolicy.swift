/// A way to make contents longer, so that their lengths tell less.
public enum PaddingPolicy: Hashable, Sendable {
    /// As they are.
    case none
    /// Up to the next multiple of so many bytes, `1...16_384`.
    case grid(Int)
    /// PADMÉ: at most 12 % more, and the length shows only its magnitude (Nikitin et al., "Reducing Metadata Leakage from Encrypted
    /// Files", PETS 2019).
    case padme
    /// Every record is full.
    case full

    /// What ``LeakReport/forecasts`` compares.
    public static let usual: [PaddingPolicy] = [.grid(64), .grid(256), .grid(1_024), .padme, .full]

    /// A record holds no more (RFC 8446 §5.1).
    static let longest = 16_384

    /// The length of a padded content of `count` bytes; never less than `count`, nor more than a record holds.
    public func length(for count: Int) -> Int {
        guard count >= 0, count < Self.longest else { return count }
        let padded =
            switch self {
            case .none: count
            case .grid(let size): size < 1 ? count : max(1, (count + size - 1) / size) * size
            case .padme: Self.padme(count)
            case .full: Self.longest
            }
        return min(padded, Self.longest)
    }

    private static func padme(_ count: Int) -> Int {
        guard count >= 2 else { return count }
        let exponent = Int.bitWidth - 1 - count.leadingZeroBitCount
        guard exponent >= 1 else { return count }
        let shown = Int.bitWidth - exponent.leadingZeroBitCount
        let mask = exponent > shown ? (1 << (exponent - shown)) - 1 : 0
        return (count + mask) & ~mask
    }

    /// As people read it: `multiples of 256 bytes`.
    public var words: String {
        switch self {
        case .none: "no padding"
        case .grid(let size): "multiples of \(size) bytes"
        case .padme: "PADMÉ"
        case .full: "full records"
        }
    }
}
