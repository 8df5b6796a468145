import Foundation
import Testing

@testable import MonitorViews

@Suite("Sizes and times for people") struct MeasuresTests {
    @Test(
        "bytes",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (1_250, "1.3 kB"), (99_940, "99.9 kB"), (999_949, "1,000 kB"),
            (999_950, "1 MB"), (4_200_000_000, "4.2 GB"),
        ])
    func bytes(count: Int, words: String) { #expect(Measures.bytes(count) == words) }

    @Test(
        "durations",
        arguments: [
            (0, "0"), (999, "999 ns"), (45_000, "45 µs"), (312_400_000, "312 ms"), (4_200_000_000, "4.2 s"),
            (200_000_000_000, "3 min 20 s"), (7_500_000_000_000, "2 h 5 min"), (90_000_000_000_000, "1 d 1 h"),
            (.min, "0"), (.max, "106,751 d 23 h"),
        ] as [(Int64, String)])
    func durations(nanoseconds: Int64, words: String) {
        #expect(Measures.duration(nanoseconds).replacing(",", with: "") == words.replacing(",", with: ""))
    }

    @Test("shares are never all or nothing unless they are")
    func shares() {
        #expect(Measures.percent(0, of: 10) == "0 %")
        #expect(Measures.percent(10, of: 10) == "100 %")
        #expect(Measures.percent(1, of: 1_000_000) == "under 0.1 %")
        #expect(Measures.percent(999_999, of: 1_000_000) == "over 99.9 %")
        #expect(Measures.percent(5, of: 0) == "0 %")
    }

    @Test("the calendar agrees with another one", arguments: 0..<400)
    func calendar(step: Int) {
        // Uneven steps over the years that fit: 1677 to 2262.
        let seconds = -9_223_372_036 + Int64(step) * 46_116_853 + Int64(step * step % 86_399)
        let formatter = ISO8601DateFormatter()
        let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
        #expect(Measures.stamp(seconds * 1_000_000_000) == expected.dropLast() + ".000000000Z")
    }

    @Test("times of a made-up file do not overflow")
    func extremes() {
        #expect(Measures.elapsed(from: .min, to: .max) == .max)
        #expect(Measures.elapsed(from: .max, to: .min) == 0)
        #expect(Measures.elapsed(from: 5, to: 3) == 0)
        #expect(Measures.stamp(.min) == "1677-09-21T00:12:43.145224192Z")
        #expect(Measures.stamp(.max) == "2262-04-11T23:47:16.854775807Z")
        #expect(Measures.day(.max) == "a date that is out of range")
    }
}
