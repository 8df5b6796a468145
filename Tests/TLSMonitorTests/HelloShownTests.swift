import Testing

@testable import TLSMonitor

@Suite("Hellos that are shown") struct HelloShownTests {
    private static let hello = Wire.record(22, Wire.clientHello(), version: 0x0301)
    private static let again = Wire.record(22, Wire.clientHello(name: "other.test"), version: 0x0301)

    @Test("in a capture that begins late, a hello tells who is the client, whatever the ports say")
    func direction() throws {
        var connection = Connection()
        connection.send(.serverToClient, Self.hello)
        connection.send(.clientToServer, Wire.record(22, Wire.serverHello()))
        let seen = Observation(connection.packets)
        let client = try #require(seen.records.first)
        #expect(client.direction == .clientToServer)
        #expect(client.client.port == 7_443)
        #expect(client.clientHello != nil)
        #expect(seen.records.last?.serverHello != nil)
        #expect(seen.verdict == .inconclusive)

        var answer = Connection()
        answer.send(.clientToServer, Wire.record(22, Wire.serverHello()))
        #expect(Observation(answer.packets).records.first?.direction == .serverToClient)
    }

    @Test("where the beginning was seen, a hello does not turn the direction")
    func seenBeginning() {
        var connection = Connection()
        connection.open()
        connection.send(.serverToClient, Self.hello)
        connection.close()
        let seen = Observation(connection.packets)
        #expect(seen.records.first?.direction == .serverToClient)
        #expect(seen.verdict == .refuted)
    }

    @Test("a second ClientHello that nobody asked for refutes, and is shown all the same")
    func second() {
        let seen = Observation(Talk.clean().inserting(.client(Self.again), at: 1))
        let names = seen.records.compactMap { $0.clientHello?.extensions.serverName }
        #expect(names == [Array("chat.test".utf8), Array("other.test".utf8)])
        #expect(seen.verdict == .refuted)
        #expect(seen.report.flows.first?.serverName == "chat.test")
    }

    /// RFC 6101 §E: the hellos, and the client's key for SSL 2.0.
    @Test("the messages of SSL 2.0 in the clear are told, and nothing of it is proven")
    func oldest() {
        let hello: [UInt8] = [1, 0, 2, 0, 3, 0, 0, 0, 16, 7, 0, 0xC0] + [UInt8](repeating: 7, count: 16)
        let answer: [UInt8] = [4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 16, 7, 0, 0xC0] + [UInt8](repeating: 9, count: 16)
        let key: [UInt8] = [2, 7, 0, 0xC0, 0, 0, 0, 8, 0, 8] + [UInt8](repeating: 5, count: 16)
        func record(_ body: [UInt8]) -> [UInt8] { [0x80, UInt8(body.count)] + body }
        let talk = Talk(turns: [.client(record(hello)), .server(record(answer)), .client(record(key))])
        let seen = Observation(talk)
        #expect(seen.records.map { $0.messages.map(\.rawValue) } == [[1], [4], [2]])
        #expect(seen.records.last?.kind == .unaccounted)
        #expect(seen.records.last?.serverHello == nil)
        #expect(seen.verdict != .proven)
        // Its fields must fill it.
        let short = Talk(turns: Array(talk.turns.dropLast()) + [.client(record(key + [5]))])
        #expect(Observation(short).records.last?.messages.isEmpty == true)
    }
}
