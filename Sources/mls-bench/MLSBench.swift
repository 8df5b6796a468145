import ArgumentParser
import Foundation
import MLS
import MLSWire

/// Measures what the MLS library costs in groups of several sizes: time on this processor, and bytes on the wire.
@main
struct MLSBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mls-bench",
        abstract: "Measure the MLS library: creating, joining, committing, sending, receiving.",
        discussion: """
            Every figure is of one thread, and from bytes to bytes: messages are encoded after they are made, and decoded before \
            they are taken. Times are the median and the best of several; "process" and "join" are those of members at random.
            """)

    @Option(help: "Sizes of groups, with commas between.")
    var members = "10,100,1000,10000"

    @Option(help: "Cipher suites by their numbers (1, 2, 3, 5, 7), with commas between.")
    var suites = "2,7"

    @Option(help: "Seconds for each measurement, which takes at least three samples, or one if that took longer.")
    var seconds = 1.0

    @Option(help: "Bytes of a message that is sent and received.")
    var bytes = 200

    @Option(help: "Bytes of a member's credential: as many as a certificate on a P-256 key has.")
    var credential = 600

    @Option(
        name: .customLong("only"),
        help: "Measure only this: create, blank, filled or messages. May be given several times.")
    var parts: [GroupBenchmark.Part] = []

    @Option(help: "Write the figures to this file as well.")
    var json: String?

    mutating func validate() throws {
        guard !sizes.isEmpty, sizes.allSatisfy({ (2...100_000).contains($0) }) else {
            throw ValidationError("\"\(members)\" is no list of group sizes; use numbers of 2 to 100000, as in 10,1000")
        }
        guard !codes.isEmpty, codes.allSatisfy(MLSCipherSuite.supported.contains) else {
            throw ValidationError("\"\(suites)\" is no list of cipher suites; there are 1, 2, 3, 5 and 7")
        }
        guard (0.01...600).contains(seconds) else { throw ValidationError("--seconds takes 0.01 to 600") }
        guard (0...1 << 20).contains(bytes) else { throw ValidationError("--bytes takes 0 to 1048576") }
        guard (8...1 << 16).contains(credential) else { throw ValidationError("--credential takes 8 to 65536") }
    }

    func run() throws {
        var report = Report()
        for suite in codes {
            let primitives = try PrimitiveRates(of: suite, seconds: min(seconds, 1), contentLength: bytes)
            show(Report.text(primitives, suite))
            report.primitives.append(primitives)
            let crowd = try Crowd(sizes.max() ?? 0, suite: suite, credentialLength: credential)
            for size in sizes {
                let benchmark = GroupBenchmark(
                    crowd: crowd, size: size, seconds: seconds, messageLength: bytes,
                    parts: parts.isEmpty ? Set(GroupBenchmark.Part.allCases) : Set(parts))
                show(Report.heading(suite, size))
                let figures = try benchmark.run { show(Report.text($0, primitives)) }
                report.groups.append(.init(suite: suite.rawValue, members: size, figures: figures))
                show("")
            }
        }
        guard let json else { return }
        try report.encoded().write(to: URL(fileURLWithPath: json))
        show("The figures are in \(json).")
    }

    /// Prints at once, also into a file or a pipe: a run takes minutes.
    private func show(_ text: String) {
        print(text)
        fflush(nil)
    }

    private var sizes: [Int] { numbers(members) }
    private var codes: [MLSCipherSuite] {
        numbers(suites).map { MLSCipherSuite(rawValue: UInt16(clamping: $0)) }
    }

    /// Nothing, if one of them is no number.
    private func numbers(_ list: String) -> [Int] {
        let parts = list.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
        return numbers.count == parts.count ? numbers : []
    }
}
