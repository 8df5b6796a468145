import ChatClient
import Foundation

/// What is known of devices, as a table for people.
enum DeviceTable {
    private static let titles = ["DEVICE", "SERIAL", "FINGERPRINT", "EXPIRES", "FIRST SEEN", "KEY", "ROOMS"]

    static func lines(_ devices: [DeviceReport]) -> [String] {
        guard !devices.isEmpty else { return ["· no device of that user was seen yet"] }
        let rows = [titles] + devices.map(row)
        let widths = titles.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
            return "  " + cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }
    }

    private static func row(_ report: DeviceReport) -> [String] {
        let device = report.device
        return [
            device.identity.description + (report.isThisOne ? " (this one)" : ""), shortened(device.last.serialNumber),
            shortened(device.last.fingerprint), day(device.last.validity.upperBound), day(device.firstSeen),
            report.isThisOne ? "own" : device.isVerified ? "compared" : "not compared",
            report.rooms.isEmpty ? "none" : report.rooms.map(SafeText.line).joined(separator: " "),
        ]
    }

    private static func shortened(_ digits: String) -> String {
        digits.count > 16 ? digits.prefix(16) + "…" : digits
    }

    static func day(_ time: Int64) -> String { day(Date(timeIntervalSince1970: Double(time))) }

    static func day(_ date: Date) -> String {
        date.formatted(
            Date.VerbatimFormatStyle(
                format: "\(year: .padded(4))-\(month: .twoDigits)-\(day: .twoDigits)", timeZone: .current,
                calendar: Calendar(identifier: .gregorian)))
    }
}
