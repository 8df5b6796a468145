import Foundation
import MLSWire

/// One line of the table.
struct Figure: Codable {
    enum Primitive: String, Codable {
        case sign, verify
    }

    let name: String
    /// Seconds.
    let median: Double
    let best: Double
    let samples: Int
    /// Of the message, on the wire.
    let bytes: Int
    let welcomeBytes: Int?
    /// What of it cannot be saved.
    let compared: Primitive?

    init(_ name: String, _ samples: Samples, bytes: Int, welcomeBytes: Int? = nil, compared: Primitive? = nil) {
        self.name = name
        median = samples.median
        best = samples.best
        self.samples = samples.count
        self.bytes = bytes
        self.welcomeBytes = welcomeBytes
        self.compared = compared
    }
}

/// All figures of a run, as text and as JSON.
struct Report: Codable {
    struct Group: Codable {
        let suite: UInt16
        let members: Int
        let figures: [Figure]
    }

    var primitives: [PrimitiveRates] = []
    var groups: [Group] = []

    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }

    // MARK: Text

    static func text(_ rates: PrimitiveRates, _ suite: MLSCipherSuite) -> String {
        let openssl =
            if let signs = rates.opensslSigns, let verifies = rates.opensslVerifies {
                "openssl speed: \(grouped(signs)) and \(grouped(verifies))"
            } else {
                "there is no program openssl to compare with"
            }
        return """
            Suite \(suite.rawValue), \(suite)
            A second: \(grouped(rates.signs)) signatures, \(grouped(rates.verifies)) verifications; \(openssl)

            """
    }

    static func heading(_ suite: MLSCipherSuite, _ size: Int) -> String {
        row(
            "\(grouped(Double(size))) members, suite \(suite.rawValue)",
            ["median", "best", "a second", "bytes", "welcome"])
    }

    static func text(_ figure: Figure, _ primitives: PrimitiveRates) -> String {
        var line = row(
            "  " + figure.name,
            [
                time(figure.median), time(figure.best), grouped(1 / figure.best), grouped(Double(figure.bytes)),
                figure.welcomeBytes.map { grouped(Double($0)) } ?? "",
            ])
        while line.last == " " { line.removeLast() }
        guard let primitive = figure.compared else { return line }
        let limit = primitive == .sign ? primitives.signs : primitives.verifies
        let share = Int((100 / figure.best / limit).rounded())
        return line + "   \(share) % of what the \(primitive == .sign ? "signature" : "verification") allows"
    }

    private static func row(_ name: String, _ columns: [String]) -> String {
        zip(columns, [10, 10, 10, 12, 12]).reduce(padded(name, 34, left: true)) { $0 + padded($1.0, $1.1) }
    }

    private static func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
        let space = String(repeating: " ", count: max(width - text.count, 1))
        return left ? text + space : space + text
    }

    static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<0.001: String(format: "%.1f µs", seconds * 1e6)
        case ..<1: String(format: "%.2f ms", seconds * 1e3)
        default: String(format: "%.2f s", seconds)
        }
    }

    /// A whole number with commas between thousands; below 10 with a digit behind the point.
    static func grouped(_ number: Double) -> String {
        guard number >= 10 else {
            return number == number.rounded() ? "\(Int(number))" : String(format: "%.1f", number)
        }
        var digits = String(Int(number.rounded()))
        var result = ""
        while digits.count > 3 {
            result = "," + digits.suffix(3) + result
            digits.removeLast(3)
        }
        return digits + result
    }
}
