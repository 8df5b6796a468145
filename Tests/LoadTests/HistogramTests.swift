import Testing

@testable import conclave_load

@Suite("Histogram")
struct HistogramTests {
    @Test(
        "is exact below 64 and within 1.6 % above",
        arguments: [0, 1, 63, 64, 65, 127, 128, 1_000, 123_456_789, .max] as [UInt64])
    func keepsValues(value: UInt64) throws {
        var histogram = Histogram()
        histogram.add(value)
        let read = try #require(histogram.percentile(0.5))
        #expect(read <= value)
        #expect(Double(value - read) <= Double(value) / 64)
    }

    @Test("finds percentiles of 1 to 10,000")
    func findsPercentiles() throws {
        var histogram = Histogram()
        for value in 1...10_000 as ClosedRange<UInt64> { histogram.add(value) }
        for (share, value) in [(0.5, 5_000.0), (0.99, 9_900.0), (0.999, 9_990.0), (1, 10_000)] {
            let read = Double(try #require(histogram.percentile(share)))
            #expect(read <= value && read >= value * 0.984)
        }
        #expect(histogram.largest == 10_000)
    }

    @Test("has no percentile without values")
    func isEmptyAtFirst() {
        #expect(Histogram().percentile(0.5) == nil)
    }
}
