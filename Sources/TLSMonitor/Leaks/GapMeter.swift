import Foundation

/// What the times of records show: the gaps between them, typing, and who answers whom. It takes a fixed amount of memory.
struct GapMeter: Hashable, Sendable {
    /// Gaps of one sender, by the power of two of their microseconds.
    private(set) var gaps = [Int](repeating: 0, count: classes)
    /// Mean and variance of the gaps in seconds (Welford).
    private var (mean, squares) = (0.0, 0.0)
    private(set) var gapCount = 0
    /// Records that look like keys being pressed.
    private(set) var keystrokes = 0
    /// Turns of the client, and those that the server answered soon.
    private(set) var (turns, answers) = (0, 0)

    private var last: [Int64?] = [nil, nil]
    private var lastSender: FlowDirection?
    private var isAnswered = true
    private var keystrokeRun = 0
    private var lastClientLength = 0

    /// From 1 µs to over two days.
    static let classes = 38
    /// Short records of the same length, so many in a row, at the pace of fingers.
    private static let leastKeystrokes = 5
    private static let longestKeystroke = 100
    private static let keystrokePace: ClosedRange<Int64> = 40_000_000...1_000_000_000
    private static let soon: Int64 = 1_000_000_000

    /// - Parameters:
    ///   - time: nanoseconds; what goes backwards counts as at once.
    ///   - length: of the record's payload.
    mutating func add(_ direction: FlowDirection, _ time: Int64, _ length: Int) {
        let index = direction == .clientToServer ? 0 : 1
        var gap: Int64?
        if let before = last[index] {
            let (difference, overflow) = time.subtractingReportingOverflow(before)
            let nanoseconds = overflow ? 0 : max(0, difference)
            gap = nanoseconds
            count(nanoseconds)
        }
        if index == 0 { noteKeystroke(gap, length) }
        noteTurn(direction, time)
        last[index] = time
        lastSender = direction
    }

    private mutating func count(_ nanoseconds: Int64) {
        let microseconds = nanoseconds / 1_000
        let place = microseconds < 1 ? 0 : min(Self.classes - 1, Int64.bitWidth - microseconds.leadingZeroBitCount)
        gaps[place] &+= 1
        gapCount &+= 1
        let seconds = Double(nanoseconds) / 1e9
        let change = seconds - mean
        mean += change / Double(gapCount)
        squares += change * (seconds - mean)
    }

    private mutating func noteKeystroke(_ gap: Int64?, _ length: Int) {
        let isAlike = abs(length - lastClientLength) <= 3 && length <= Self.longestKeystroke
        lastClientLength = length
        guard let gap, isAlike, Self.keystrokePace.contains(gap) else {
            keystrokeRun = 0
            return
        }
        keystrokeRun &+= 1
        if keystrokeRun == Self.leastKeystrokes { keystrokes &+= Self.leastKeystrokes }
        if keystrokeRun > Self.leastKeystrokes { keystrokes &+= 1 }
    }

    private mutating func noteTurn(_ direction: FlowDirection, _ time: Int64) {
        guard direction != lastSender else { return }
        if direction == .clientToServer {
            turns &+= 1
            isAnswered = false
        } else if !isAnswered, let asked = last[0] {
            isAnswered = true
            let (difference, overflow) = time.subtractingReportingOverflow(asked)
            if !overflow, difference <= Self.soon { answers &+= 1 }
        }
    }

    /// Adds what another connection showed.
    mutating func add(_ other: GapMeter) {
        for index in gaps.indices where index < other.gaps.count { gaps[index] &+= other.gaps[index] }
        // Chan's way to join two variances.
        let total = gapCount + other.gapCount
        if total > 0 {
            let change = other.mean - mean
            squares += other.squares + change * change * Double(gapCount) * Double(other.gapCount) / Double(total)
            mean += change * Double(other.gapCount) / Double(total)
        }
        gapCount = total
        keystrokes &+= other.keystrokes
        turns &+= other.turns
        answers &+= other.answers
    }

    var leak: TimeLeak {
        let same = gaps.reduce(0.0) { $0 + Double($1) * Double(max(0, $1 - 1)) }
        let pairs = Double(gapCount) * Double(max(0, gapCount - 1))
        let entropy = gaps.reduce(0.0) { sum, count in
            guard count > 0 else { return sum }
            let share = Double(count) / Double(gapCount)
            return sum - share * log2(share)
        }
        let deviation = gapCount > 1 ? (squares / Double(gapCount)).squareRoot() : 0
        return TimeLeak(
            gaps: gapCount, entropy: entropy, distinguishability: pairs > 0 ? max(0, 1 - same / pairs) : 0,
            burstiness: deviation + mean > 0 ? (deviation - mean) / (deviation + mean) : 0, keystrokes: keystrokes,
            turns: turns, answered: turns > 0 ? Double(answers) / Double(turns) : 0)
    }
}
