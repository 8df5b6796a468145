import Testing

@testable import conclave_load

@Suite("A message's template")
struct MessageTemplateTests {
    private let stamp = Stamp(run: 1, sender: 2, number: 3, time: 4)

    @Test("replaces number, token and stamp, and nothing else")
    func fills() {
        let bytes = Array(repeating: UInt8(0xee), count: 16 + 40)
        var template = MessageTemplate(bytes, payload: 40, request: (1, 4), token: 6)
        template.fill(stamp, request: 0x0102_0304, token: 0x1112_1314_1516_1718)
        #expect(template.bytes.prefix(6) == [0xee, 1, 2, 3, 4, 0xee])
        #expect(template.bytes[6..<16] == [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0xee, 0xee])
        let read = template.bytes.withUnsafeBytes { bytes in
            bytes.baseAddress.map { Stamp.read($0 + template.payloadStart) }
        }
        #expect(read?.number == 3 && read?.sender == 2 && read?.run == 1 && read?.time == 4)
        #expect(template.bytes.suffix(40 - Stamp.byteCount).allSatisfy { $0 == 0xee })
    }

    @Test("writes a number of two bytes, or none")
    func fillsShort() {
        var short = MessageTemplate(Array(repeating: 0, count: 36), payload: 32, request: (1, 2))
        short.fill(stamp, request: 0xabcd, token: 9)
        #expect(short.bytes.prefix(4) == [0, 0xab, 0xcd, 0])
        var none = MessageTemplate(Array(repeating: 0, count: 36), payload: 32)
        none.fill(stamp, request: 0xabcd, token: 9)
        #expect(none.bytes.prefix(4) == [0, 0, 0, 0])
    }
}
