import Testing

@testable import conclave_load

@Suite("MQTT 3.1.1")
struct MQTTTests {
    private func read(_ bytes: [UInt8], at offset: Int = 0) throws -> (event: Event, end: Int)? {
        try bytes.withUnsafeBytes { try MQTT.next(in: $0, at: offset) }
    }

    @Test("says CONNECT, SUBSCRIBE and PUBLISH as the standard has them")
    func says() {
        #expect(MQTT.connect(as: "ab") == [0x10, 14, 0, 4, 77, 81, 84, 84, 4, 0, 0, 0, 0, 2, 97, 98])
        #expect(MQTT.subscribe(to: "r/7") == [0x82, 8, 0, 1, 0, 3, 114, 47, 55, 1])
        let (bytes, identifier) = MQTT.publish(to: "r/7", Array(repeating: 9, count: 200))
        #expect(bytes.prefix(10) == [0x32, 0xcf, 0x01, 0, 3, 114, 47, 55, 0, 1])
        #expect(identifier == 8 && bytes.count == 210)
    }

    @Test("numbers messages from 1 to 65,535, round and round")
    func numbers() {
        #expect(MQTT.identifier(ofMessage: 0) == 1)
        #expect(MQTT.identifier(ofMessage: 65_534) == 65_535)
        #expect(MQTT.identifier(ofMessage: 65_535) == 1)
    }

    @Test("hears a delivery, and answers it")
    func hearsDelivery() throws {
        let bytes: [UInt8] = [0xff, 0x32, 9, 0, 1, 114, 0x12, 0x34, 5, 6, 7, 8]
        let (event, end) = try #require(try read(bytes, at: 1))
        guard case .delivery(let payload, let answer) = event else {
            Issue.record("\(event)")
            return
        }
        #expect(payload == 8..<12 && end == 12)
        #expect(answer == [0x40, 2, 0x12, 0x34])
    }

    @Test("hears what was accepted, greeted, joined and refused")
    func hearsAnswers() throws {
        guard case .accepted(0x1234, place: nil)? = try read([0x40, 2, 0x12, 0x34])?.event else {
            Issue.record("no PUBACK")
            return
        }
        guard case .greeting? = try read([0x20, 2, 0, 0])?.event, case .refusal? = try read([0x20, 2, 0, 5])?.event
        else {
            Issue.record("CONNACK")
            return
        }
        guard case .joined? = try read([0x90, 3, 0, 1, 1])?.event,
            case .refusal? = try read([0x90, 3, 0, 1, 0x80])?.event
        else {
            Issue.record("SUBACK")
            return
        }
    }

    @Test(
        "waits for the rest of a packet",
        arguments: [[], [0x40], [0x40, 2], [0x40, 2, 1], [0x32, 0x80]] as [[UInt8]])
    func waits(bytes: [UInt8]) throws {
        #expect(try read(bytes) == nil)
    }

    @Test(
        "refuses what has no form",
        arguments: [
            [0x40, 1, 0], [0x20, 1, 0], [0x90, 2, 0, 1], [0x32, 1, 0], [0x32, 4, 0, 9, 1, 1], [0x30, 4, 0, 0, 0, 1],
            [0x32, 0xff, 0xff, 0xff, 0xff, 1], [0x32, 0xff, 0xff, 0xff, 0x7f],
        ] as [[UInt8]])
    func refuses(bytes: [UInt8]) {
        #expect(throws: LoadError.self) { try read(bytes) }
    }
}
