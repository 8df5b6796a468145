import Foundation
import TLSMonitor
import Testing

@Suite("leak score of real conversations")
struct RealLeakTests {
    static let hasProgram = OpenSSLTalk.program != nil
    static let missing: Comment = "there is no openssl on this machine to make connections with: skipped"

    static let lines = ["hi", "the heron lands at noon", "then I bring the bread", "who else knows?", "nobody", "good"]

    @Test("is lower where both sides pad their records, and says by how much", .enabled(if: hasProgram, missing))
    func padding() throws {
        let padding = ["-record_padding", "512"]
        let talks = [
            OpenSSLTalk(name: "as it is", lines: Self.lines),
            OpenSSLTalk(name: "padded", serverArguments: padding, clientArguments: padding, lines: Self.lines),
        ]
        let results = try CalibrationTests.tallies(of: talks)
        let reports = results.map { result -> (blind: LeakReport, keyed: LeakReport) in
            (Self.report(result.tally.blindEvents), Self.report(result.tally.events))
        }
        let (plain, padded) = (reports[0], reports[1])
        #expect(plain.keyed.whole.client.distinct == Set(Self.lines.map(\.count)).count)
        #expect(padded.keyed.whole.client.distinct == 1)
        #expect(padded.keyed.whole.sizeDistinguishability == 0)
        #expect(padded.keyed.whole.value < plain.keyed.whole.value)
        #expect(plain.keyed.contentShare.map { $0 > 0.999 } == true)
        #expect(padded.keyed.contentShare == 0)
        // With keys, what the padding hides is seen: the same lengths as without.
        let unpadded = try #require(padded.keyed.unpadded)
        #expect(unpadded.distinctSizes == plain.keyed.whole.distinctSizes)
        #expect(unpadded.cost < 0)
        #expect(plain.blind.unpadded == nil && plain.blind.contentShare == nil)
        print("leaks, as it is:", plain.keyed.words.joined(separator: "\n    "))
        print("leaks, padded:", padded.keyed.words.joined(separator: "\n    "))
    }

    private static func report(_ events: [MonitorEvent]) -> LeakReport {
        var meter = LeakMeter()
        for event in events { meter.see(event) }
        return meter.report()
    }
}
