/// How answers are shown: to whom, and when.
package struct ViewStyle: Hashable, Sendable {
    /// Columns of the terminal. `nil`: there is none, and tables are lines of fields with tabs between them, with whole times in UTC and plain numbers.
    package var columns: Int?
    package var hasColours: Bool
    /// Milliseconds since 1970, from which ages are counted.
    package var now: Int64
    /// Times on a terminal are those of UTC instead of the machine's zone.
    package var isUTC: Bool

    package init(columns: Int?, hasColours: Bool, now: Int64, isUTC: Bool = false) {
        self.columns = columns
        self.hasColours = hasColours
        self.now = now
        self.isUTC = isUTC
    }

    var isPlain: Bool { columns == nil }
    var paint: Paint { Paint(isOn: hasColours) }

    /// With commas on a terminal.
    func number(_ value: Int) -> String { isPlain ? String(value) : value.grouped }
}
