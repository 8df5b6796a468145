import MonitorViews
import TLSMonitor
import Testing

@Suite("Tables of a capture")
struct TablesTests {
    @Test("fingerprints are counted, with the names that were asked for")
    func fingerprints() {
        var table = FingerprintTable()
        let monitor = TrafficMonitor(reportsRecords: true)
        for (index, name) in ["a.test", "b.test", "a.test"].enumerated() {
            var traffic = Traffic(port: UInt16(50_000 + index), monitor: monitor, packets: index * 20)
            traffic.talk(name: Array(name.utf8))
            for event in traffic.events() { table.take(event) }
        }
        let lines = table.lines(hasColours: false)
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("kind  fingerprint"))
        #expect(lines[1].hasPrefix("ja4   t13d0206h2_") && lines[1].hasSuffix("3     1  a.test, b.test"))
        #expect(lines[3].hasPrefix("ja3s"))
        var out = JSONWriter()
        table.write(to: &out)
        #expect(out.text.split(separator: "\n").count == 3)
        #expect(out.text.contains(#""kind":"ja4","fingerprint":"t13d0206h2_"#))
        #expect(out.text.contains(#""hellos":3,"from":["192.0.2.1"],"for":["a.test","b.test"]"#))
    }

    @Test("without a hello there is nothing to list, and that is said")
    func noFingerprint() {
        #expect(FingerprintTable().lines(hasColours: false) == ["There is no hello in the capture."])
    }
}
