import TLSWire
import Testing

@testable import TLSMonitor

@Suite("In which class a record's bytes are")
struct ClassificationTests {
    private func classes(_ talk: Talk) -> [RecordClass] { Observation(talk).records.map(\.kind) }

    @Test("everything behind a ChangeCipherSpec of TLS 1.2 is under keys, also a renegotiation and an alert") func old()
    {
        let again = TestTalks.old(then: [
            .client(TestTalks.noise(260, 60, type: 22)), .server(TestTalks.noise(90, 61, type: 22)),
            .client(TestTalks.noise(25, 62, type: 20)), .server(TestTalks.noise(26, 63, type: 21)),
        ])
        let seen = Observation(again)
        #expect(seen.records.suffix(6).allSatisfy { $0.kind == .protected })
        #expect(seen.report.ledger.unaccounted == 0)
        #expect(seen.report.flows.first?.group?.rawValue == 23)
    }

    @Test("a resumption of TLS 1.2, where the server changes first") func resumption() throws {
        let talk = Talk(turns: [
            .client(TestTalks.handshake(TestHello.oldClient.message)),
            .server(TestTalks.handshake(TestHello.oldServer.message)),
            .server(TestTalks.handshake(Wire.message(4, [0, 0, 0, 9, 0, 1, 7]))), .server(Wire.changeCipherSpec),
            .server(TestTalks.noise(40, 1, type: 22)), .client(Wire.changeCipherSpec),
            .client(TestTalks.noise(40, 2, type: 22)), .client(TestTalks.noise(90, 3)),
        ])
        #expect(
            classes(talk) == [
                .handshake, .handshake, .handshake, .changeCipherSpec, .protected, .changeCipherSpec, .protected,
                .protected,
            ])
        #expect(try ConformanceTests.Outcome(talk).flow.broken.isEmpty)
    }

    @Test("a certificate in the clear that spans records is no ciphertext") func spanning() {
        let certificate = [UInt8](repeating: 0x30, count: 40_000)
        let list: [UInt8] = [0, 0x9C, 0x43, 0, 0x9C, 0x40] + certificate
        let message = Wire.message(11, list)
        var talk = TestTalks.old()
        talk.turns.remove(at: 2)
        for start in stride(from: 0, to: message.count, by: 16_384).reversed() {
            let part = Array(message[start..<min(start + 16_384, message.count)])
            talk.turns.insert(.server(TestTalks.handshake(part)), at: 2)
        }
        let seen = Observation(talk)
        #expect(seen.records[2...4].allSatisfy { $0.kind == .handshake })
        #expect(seen.records[4].messages.map(\.rawValue) == [11])
        #expect(seen.report.findings.allSatisfy { $0.weight != .violation })
    }

    @Test("a message that is too long to be kept is counted, and what follows is read") func tooLong() {
        let message = Wire.message(11, [UInt8](repeating: 9, count: (1 << 20) + 5_000))
        var assembler = HandshakeAssembler()
        var messages: [HandshakeAssembler.Message] = []
        for start in stride(from: 0, to: message.count, by: 16_000) {
            messages += assembler.append(Array(message[start..<min(start + 16_000, message.count)])) ?? []
        }
        #expect(messages.map(\.type.rawValue) == [11])
        #expect(messages.first?.isKept == false)
        #expect(!assembler.isInMessage)
        #expect(assembler.append(TestTalks.done)?.map(\.type.rawValue) == [14])
        #expect(assembler.append([1, 0xFF, 0xFF, 0xFF]) == nil)
    }

    @Test("drafts of TLS 1.3 are TLS 1.3, also those without a session id in the ServerHello")
    func drafts() {
        let hello = TestHello.client.setting(43, TestHello.versions(0x7F12))
        let answer: [UInt8] =
            Wire.big(0x7F12) + TestHello.serverRandom + Wire.big(0x1301)
            + Wire.vector(Wire.extension(40, TestHello.share(29, TestHello.key32)))
        let talk = Talk(turns: [
            .client(TestTalks.handshake(hello.message, version: 0x0301)),
            .server(TestTalks.handshake(Wire.message(2, answer), version: 0x0301)),
            .server(TestTalks.noise(500, 1, version: 0x0301)), .client(TestTalks.noise(60, 2, version: 0x0301)),
        ])
        let seen = Observation(talk)
        #expect(seen.records.map(\.kind) == [.handshake, .handshake, .protected, .protected])
        #expect(seen.report.flows.first?.isEstablished == true)
        #expect(seen.report.flows.first?.conformance.broken.isEmpty == true)
        let clear = talk.inserting(.server(TestTalks.handshake(TestTalks.certificate)), at: 3)
        #expect(Observation(clear).verdict == .refuted)
    }

    @Test("in a stream that was joined late, handshake records are in the clear if they can be read") func late() {
        let whole = Connection.whole(TestTalks.old())
        // Without the opening, the hellos and the rest up to the ServerHelloDone.
        let seen = Observation(Array(whole.dropFirst(7)))
        #expect(seen.records.first?.messages.map(\.rawValue) == [14])
        #expect(seen.records.filter { $0.contentType == .handshake }.map(\.kind).contains(.protected))
        #expect(seen.verdict == .inconclusive)
        #expect(HandshakeAssembler.isPlausible(TestTalks.certificate + TestTalks.exchange() + TestTalks.done))
        #expect(HandshakeAssembler.isPlausible(TestHello.client.message))
        var generator = SeededGenerator(8)
        for _ in 0..<2_000 {
            let finished = [UInt8](repeating: 0, count: 8) + generator.bytes(32)
            #expect(!HandshakeAssembler.isPlausible(finished))
        }
    }

    @Test("the rules of a stream of which a part is missing are not called checked") func parts() throws {
        let whole = Connection.whole(TestTalks.old())
        let seen = Observation(Array(whole.dropFirst(7)))
        let flow = try #require(seen.report.flows.first)
        #expect(flow.conformance.broken.isEmpty)
        #expect(!flow.conformance.checked.contains(.messageOrder))
        #expect(try ConformanceTests.Outcome(TestTalks.old()).flow.checked.contains(.messageOrder))
    }
}
