import Foundation

/// Tables on the screen, with ratios to what cannot be saved.
enum Output {
    static func heading(_ text: String) {
        print("\n" + text)
        fflush(nil)
    }

    /// - Parameters:
    ///   - digits: behind the point.
    ///   - reference: what the figure is a multiple of, and what that is.
    static func row(
        _ name: String, _ value: Double, _ unit: String, digits: Int = 0,
        reference: (value: Double, name: String)? = nil
    ) {
        var line = "  " + name.padding(toLength: 58, withPad: " ", startingAt: 0)
        let figure = String(format: "%.\(digits)f", value)
        line += String(repeating: " ", count: max(1, 10 - figure.count)) + figure + " " + unit
        if let reference, reference.value > 0 {
            line = line.padding(toLength: 78, withPad: " ", startingAt: 0)
            line += String(format: "%5.1f × ", value / reference.value) + reference.name
        }
        print(line)
        fflush(nil)
    }
}

extension [Double] {
    /// The middle one, or the upper of the two in the middle; 0 of none.
    var median: Double { percentile(0.5) }

    /// The value that a share of all values lie below; 0 of none.
    func percentile(_ share: Double) -> Double {
        guard !isEmpty else { return 0 }
        return sorted()[Swift.min(count - 1, Int(Double(count) * share))]
    }
}
