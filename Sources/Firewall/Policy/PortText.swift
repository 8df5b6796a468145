/// Ports as people write them: `23`, `135-139`, `80,443`.
package enum PortText {
    /// - Throws: ``PortTextError`` for what is no port, an empty part, and a range from high to low.
    package static func parse(_ text: some StringProtocol) throws(PortTextError) -> [ClosedRange<UInt16>] {
        guard text.utf8.count <= 12 * limit else { throw PortTextError(text) }
        var ports: [ClosedRange<UInt16>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            ports.append(try range(trimmed(part)))
            guard ports.count <= limit else { throw PortTextError(text) }
        }
        return ports
    }

    /// The most ports and ranges in a rule.
    package static let limit = 256

    /// One port or one range.
    static func range(_ text: some StringProtocol) throws(PortTextError) -> ClosedRange<UInt16> {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { trimmed($0) }
        let numbers = ends.compactMap(port)
        guard numbers.count == ends.count, let low = numbers.first, let high = numbers.last else {
            throw PortTextError(text)
        }
        guard low <= high else { throw PortTextError(text, turned: "\(high)-\(low)") }
        return low...high
    }

    /// `23`, `135-139`.
    package static func text(_ range: ClosedRange<UInt16>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }

    /// `80,443`.
    package static func text(_ ports: [ClosedRange<UInt16>]) -> String {
        ports.map { text($0) }.joined(separator: ",")
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(String(text.drop { $0 == " " }).reversed().drop { $0 == " " }.reversed())
    }

    /// `1...65535`, without a zero in front.
    private static func port(_ text: String) -> UInt16? {
        guard text.utf8.first != 0x30, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt16(text)
    }
}

/// A text that is no port, and no range of ports.
package struct PortTextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was written, quoted and shortened.
    package let text: String
    private let turned: String?

    init(_ text: some StringProtocol, turned: String? = nil) {
        self.text = Quoted.text(text)
        self.turned = turned
    }

    package var fault: String { turned == nil ? "\(text) is no port" : "\(text) goes from high to low" }
    package var remedy: String {
        turned.map { "write \"\($0)\"" } ?? "write a number from 1 to 65535, or a range such as \"135-139\""
    }
    package var description: String { "\(fault); \(remedy)" }
}
