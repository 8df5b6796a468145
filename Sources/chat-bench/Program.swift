import Foundation
import Glibc
import Synchronization

/// A program that runs beside this one. Its lines are counted as they come, those with a number by their number.
///
/// A line that holds `no.17.` has the number 17.
final class Program: Sendable {
    let name: String
    let pid: Int32
    private let input: Int32
    private let state = Mutex(State())
    private let changed: DispatchSemaphore = DispatchSemaphore(value: 0)

    private struct State {
        var numbered = 0
        var isOrdered = true
        /// When the line with a number came, if that was asked for.
        var arrivals: [Int: ContinuousClock.Instant] = [:]
        var keepsArrivals = false
        var last = ContinuousClock.now
        /// The latest lines without a number.
        var lines: [String] = []
        /// Standard output and standard error.
        var openPipes = 2
    }

    /// Starts it.
    /// - Parameter first: the number that the first line with a number has.
    init(
        _ path: String, _ arguments: [String], name: String, environment: [String: String] = [:],
        expecting first: Int = 0
    ) throws {
        state.withLock { $0.numbered = first }
        self.name = name
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        pid = process.processIdentifier
        input = dup(standardInput.fileHandleForWriting.fileDescriptor)
        for pipe in [output, errors] {
            let descriptor = dup(pipe.fileHandleForReading.fileDescriptor)
            Thread.detachNewThread { [self] in read(descriptor) }
        }
        held.withLock { $0.append(process) }
    }

    private let held = Mutex<[Process]>([])

    // MARK: Talking to it

    func write(_ lines: String) {
        var bytes = Array((lines + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Ends its input, and waits until it has ended.
    func finish() {
        close(input)
        held.withLock { $0.first }?.waitUntilExit()
    }

    func kill(_ signal: Int32) {
        Glibc.kill(pid, signal)
        close(input)
        held.withLock { $0.first }?.waitUntilExit()
    }

    // MARK: Hearing it

    /// Lines with a number that have come, in their order.
    var numbered: Int { state.withLock { $0.numbered } }
    /// When the latest of them came.
    var last: ContinuousClock.Instant { state.withLock { $0.last } }

    func keepArrivals() { state.withLock { $0.keepsArrivals = true } }
    func arrival(of number: Int) -> ContinuousClock.Instant? { state.withLock { $0.arrivals[number] } }

    /// Waits until so many lines with a number have come.
    func await(numbered count: Int, seconds: Double = 60) throws {
        try wait(seconds, "line \(count) of \(name) (it is at \(numbered))") { $0.numbered >= count }
        guard state.withLock({ $0.isOrdered }) else { throw BenchError("\(name) has lines that are out of order") }
    }

    /// Waits for a line that holds some text, among those without a number that came after the last call.
    /// - Returns: when it was there.
    @discardableResult
    func await(_ text: String, seconds: Double = 60) throws -> ContinuousClock.Instant {
        try wait(seconds, "\"\(text)\" of \(name)") { state in
            guard let place = state.lines.firstIndex(where: { $0.contains(text) }) else { return false }
            state.lines.removeSubrange(...place)
            return true
        }
        return .now
    }

    private func wait(_ seconds: Double, _ what: String, until isThere: (inout State) -> Bool) throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while !state.withLock({ isThere(&$0) }) {
            if state.withLock({ $0.openPipes == 0 }), !state.withLock({ isThere(&$0) }) {
                let lines = state.withLock { $0.lines.suffix(8).joined(separator: "\n  ") }
                throw BenchError("\(name) ended before \(what); its latest lines:\n  \(lines)")
            }
            guard ContinuousClock.now < end,
                changed.wait(timeout: .now() + max(0.01, min(seconds, 1))) == .success
                    || ContinuousClock.now < end
            else {
                let lines = state.withLock { $0.lines.suffix(8).joined(separator: "\n  ") }
                throw BenchError("waited \(Int(seconds)) s in vain for \(what); its latest lines:\n  \(lines)")
            }
        }
    }

    private func read(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var rest: [UInt8] = []
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            rest += buffer[..<count]
            let now = ContinuousClock.now
            var start = 0
            state.withLock { state in
                while let end = rest[start...].firstIndex(of: 0x0A) {
                    take(rest[start..<end], now, &state)
                    start = end + 1
                }
            }
            rest.removeFirst(start)
            changed.signal()
        }
        close(descriptor)
        state.withLock { $0.openPipes -= 1 }
        changed.signal()
    }

    private func take(_ line: ArraySlice<UInt8>, _ now: ContinuousClock.Instant, _ state: inout State) {
        guard let number = Self.number(in: line) else {
            state.lines.append(String(decoding: line, as: UTF8.self))
            if state.lines.count > 2_000 { state.lines.removeFirst(1_000) }
            return
        }
        if number != state.numbered { state.isOrdered = false }
        state.numbered = number + 1
        state.last = now
        if state.keepsArrivals { state.arrivals[number] = now }
    }

    private static func number(in line: ArraySlice<UInt8>) -> Int? {
        var place = line.startIndex
        while place + 3 < line.endIndex {
            if line[place] == 0x6E, line[place + 1] == 0x6F, line[place + 2] == 0x2E {
                var number = 0
                var end = place + 3
                while end < line.endIndex, (0x30...0x39).contains(line[end]) {
                    number = number * 10 + Int(line[end] - 0x30)
                    end += 1
                }
                if end > place + 3, end < line.endIndex, line[end] == 0x2E { return number }
            }
            place += 1
        }
        return nil
    }

    // MARK: What it costs

    /// Seconds of processor time, of all its threads.
    var processorTime: Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        let fields = text.suffix(from: text.lastIndex(of: ")") ?? text.startIndex).split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let kernel = Double(fields[13]) else { return 0 }
        return (user + kernel) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident memory in KiB.
    var residentKibibytes: Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Double($0.split(whereSeparator: { $0 == " " || $0 == "\t" })[1]) } ?? 0
    }
}
