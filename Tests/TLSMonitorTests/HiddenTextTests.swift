import Testing

@testable import TLSMonitor

@Suite("Text behind ciphertext") struct HiddenTextTests {
    @Test("text in a record refutes wherever it begins", arguments: [0, 1_000, 4_096, 5_000, 12_288, 16_000])
    func behind(count: Int) {
        let text = Array(String(repeating: "We meet at noon behind the church. ", count: 8).utf8)
        let record = Wire.record(23, VerdictTests.noise(count) + text)
        let much = Wire.record(
            23, VerdictTests.noise(count) + Array(repeating: text, count: 15).joined().prefix(16_600 - count))
        let isSeen = count % 4_096 == 0
        if isSeen {
            #expect(Observation(Talk.clean().inserting(.server(record), at: Talk.firstData)).verdict == .refuted)
        }
        if count < 12_000 {
            #expect(Observation(Talk.clean().inserting(.server(much), at: Talk.firstData)).verdict == .refuted)
        }
        let noise = Wire.record(23, VerdictTests.noise(count + text.count))
        #expect(Observation(Talk.clean().inserting(.server(noise), at: Talk.firstData)).verdict == .proven)
    }
}
