/// A moment by two clocks. What lasts is counted by the steady one, so that a clock that is set frees nobody and keeps nobody for ever; the wall's
/// is for people and files.
package struct BanTime: Hashable, Sendable {
    /// Milliseconds since 1970 (`CLOCK_REALTIME`). May jump either way.
    package var wall: Int64
    /// Milliseconds since the machine was started, sleep included (`CLOCK_BOOTTIME`). Never goes back until the next start.
    package var steady: Int64

    package init(wall: Int64, steady: Int64) {
        self.wall = wall
        self.steady = steady
    }
}

extension Int64 {
    /// The difference, or the nearest number there is: times come out of files too.
    func minus(_ other: Int64) -> Int64 {
        let (result, overflow) = subtractingReportingOverflow(other)
        return overflow ? (self < 0 ? .min : .max) : result
    }

    /// The sum, or the nearest number there is.
    func plus(_ other: Int64) -> Int64 {
        let (result, overflow) = addingReportingOverflow(other)
        return overflow ? (self < 0 ? .min : .max) : result
    }
}
