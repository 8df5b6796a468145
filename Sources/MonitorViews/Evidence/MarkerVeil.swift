import TLSMonitor

/// Takes out of words what would tell a marker, whole or in part.
struct MarkerVeil {
    /// Every part of a marker that is as long as the shortest one, and the first marker that has it.
    private var parts: [UInt64: Int] = [:]

    /// What a connection sends that is no TLS is quoted in words, in whatever encoding it has a marker.
    private static let quotes = ["is not TLS: ", "in the clear: "]
    private static let length = 6

    init(_ markers: [String]) {
        for (index, marker) in markers.enumerated() {
            let bytes = Array(marker.utf8)
            // What is not printable is a dot where it is quoted.
            let shown = bytes.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: ".") }
            for form in [bytes, shown] {
                Self.windows(form) { place, part in
                    if parts[part] == nil { parts[part] = index + 1 }
                }
            }
        }
    }

    private static func windows(_ bytes: [UInt8], _ take: (Int, UInt64) -> Void) {
        var window: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            window = (window << 8 | UInt64(byte)) & 0xFFFF_FFFF_FFFF
            if index >= length - 1 { take(index - length + 1, window) }
        }
    }

    func hide(_ words: String) -> String {
        guard !parts.isEmpty else { return words }
        var words = words
        for quote in Self.quotes {
            if let place = words.firstRange(of: quote) { words = words[..<place.upperBound] + "(not quoted)" }
        }
        let bytes = Array(words.utf8)
        var hidden: [Int] = Array(repeating: 0, count: bytes.count)
        Self.windows(bytes) { place, part in
            guard let marker = parts[part] else { return }
            for index in place..<place + Self.length where hidden[index] == 0 { hidden[index] = marker }
        }
        var result: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if hidden[index] == 0 {
                result.append(byte)
            } else if index == 0 || hidden[index - 1] == 0 {
                result += Array("[marker \(hidden[index])]".utf8)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
