import Testing

@testable import TLSMonitor

@Suite("Connections that only begin") struct BeginningTests {
    private static let client = Endpoint(address: IPAddress(v4: 0xC000_0201), port: 40_000)
    private static let server = Endpoint(address: IPAddress(v4: 0xC000_0202), port: 7_443)

    private static func segment(_ flags: TCPSegment.Flags, fromClient: Bool, port: UInt16 = 40_000) -> TCPSegment {
        let client = Endpoint(address: client.address, port: port)
        return TCPSegment(
            source: fromClient ? client : server, destination: fromClient ? server : client, sequence: 7,
            acknowledgement: 8, flags: flags, payload: 0..<0, missing: 0)
    }

    @Test("one that was handed out is forgotten, in both generations") func forgotten() {
        var beginnings = FlowBeginnings(limit: 2)
        let sighting = Sighting(packet: 1, time: 0)
        let key = FlowKey(Self.client, Self.server)
        beginnings.note(Self.segment(.syn, fromClient: true), key, sighting)
        // Another one makes it old; the answer makes it young again.
        let other = Self.segment(.syn, fromClient: true, port: 40_001)
        beginnings.note(other, FlowKey(other), sighting)
        beginnings.note(Self.segment([.syn, .ack], fromClient: false), key, sighting)
        let beginning = beginnings.take(key)
        #expect(beginning?.clientSequence == 7 && beginning?.serverSequence == 7)
        #expect(beginnings.take(key) == nil)
    }
}
