import Chat
import ChatWire
import NIOCore
import TLSMonitor
import Testing

@Suite("Canaries inside of TLS") struct CanaryTests {
    private static let canary = "meet.at-noon"

    private func report(
        _ canary: String = CanaryTests.canary, _ feed: (inout Inspection) throws -> Void
    ) rethrows -> InnerReport {
        var inspection = Inspection(canaries: [canary])
        try feed(&inspection)
        return inspection.inspector.finish()
    }

    @Test("are found in the server's words, where nothing else objects")
    func words() throws {
        let failure: ServerFrame = .failed(RequestID(1), Failure(.refused, "say \(Self.canary) again"))
        let without = try report("another text") { try $0.server(failure) }
        #expect(without.verdict == .proven)
        let seen = try report { try $0.server(failure) }
        #expect(seen.verdict == .refuted)
        #expect(
            seen.says("the canary \"meet.at-noon\" can be read inside of TLS (as it is, as it passes)"), "\(seen.told)")
        #expect(seen.count("canary_hits") == 1)
        let greeting = Greeting(
            software: Self.canary, you: try Material.usual.get().identity("alice/laptop"),
            time: Timestamp(milliseconds: 1), maximumPayload: 1)
        #expect(try report { try $0.server(.greeting(greeting)) }.verdict == .refuted)
    }

    @Test("are found in the names of users, devices and auditors")
    func names() throws {
        let material = try Material.usual.get()
        let alice = try material.identity("alice/\(Self.canary)")
        #expect(try report { try $0.server(.newDevice(alice)) }.verdict == .refuted)
        #expect(try report { try $0.client(.claim(RequestID(1), alice.user, alice.device)) }.verdict == .refuted)
        let policy = RoomPolicy(.open, auditor: UserName(Self.canary))
        let seen = try report { try $0.client(.create(RequestID(1), material.room, policy, groupInfo: ByteBuffer())) }
        #expect(seen.verdict == .refuted)
    }

    @Test("are found in every encoding", arguments: ["as it is", "UTF-16LE", "UTF-16BE", "hex", "HEX", "base64"])
    func encodings(name: String) throws {
        let bytes = Array(Self.canary.utf8)
        let hidden: [UInt8] =
            switch name {
            case "UTF-16LE": bytes.flatMap { [$0, 0] }
            case "UTF-16BE": bytes.flatMap { [0, $0] }
            case "hex": Array("6d6565742e61742d6e6f6f6e".utf8)
            case "HEX": Array("6D6565742E61742D6E6F6F6E".utf8)
            case "base64": Array("bWVldC5hdC1ub29u".utf8)
            default: bytes
            }
        let seen = try report {
            try $0.server(.failed(RequestID(1), Failure(.refused, String(decoding: hidden, as: UTF8.self))))
        }
        #expect(seen.verdict == .refuted)
        #expect(seen.says("(\(name == "HEX" ? "hex" : name)"), "\(seen.told)")
    }

    @Test("are found across records of any size", arguments: 1...16)
    func records(size: Int) throws {
        let frame = try Inspection.bytes(.failed(RequestID(1), Failure(.refused, "say \(Self.canary) again")))
        let seen = report { $0.say(.serverToClient, frame, record: size) }
        #expect(seen.count("canary_hits") == 1)
    }

    @Test("are found across two frames whose bodies join")
    func frames() throws {
        let seen = try report {
            try $0.server(.failed(RequestID(1), Failure(.refused, "say meet.a")))
            $0.say(.serverToClient, Inspection.raw(83, Array("t-noon".utf8)))
        }
        #expect(seen.says("across frames"), "\(seen.told)")
    }

    @Test("are found across the pieces of a long frame, and the parts of a blob")
    func pieces() throws {
        let (first, second) = (Array("say meet.a".utf8), Array("t-noon".utf8))
        let long = report {
            $0.say(.clientToServer, Inspection.raw(62, first) + Inspection.raw(63, [6] + second))
        }
        #expect(long.says("in a frame put together"), "\(long.told)")
        let blob = ByteBuffer(bytes: first + second)
        let fetched = try report { try $0.fetch(blob, in: try Material.usual.get().room, partLength: first.count) }
        #expect(fetched.says("can be read inside of TLS"), "\(fetched.told)")
    }

    @Test("are found in what cannot be judged, and in TLS's own messages")
    func elsewhere() throws {
        let lost = report {
            $0.miss(.clientToServer)
            $0.say(.clientToServer, Array("..\(Self.canary)..".utf8))
        }
        #expect(lost.verdict == .refuted)
        #expect(lost.count("canary_hits") == 1)
        let ticket = Array("..\(Self.canary)..".utf8)
        let beside = report { $0.say(.serverToClient, [4, 0, 0, UInt8(ticket.count)] + ticket, type: 22) }
        #expect(beside.says("in TLS's own messages"), "\(beside.told)")
    }

    @Test("are not found where a part of them is missing, nor in MLS ciphertext")
    func absent() throws {
        let gap = report {
            $0.say(.clientToServer, Array("meet.a".utf8))
            $0.miss(.clientToServer)
            $0.say(.clientToServer, Array("t-noon".utf8))
        }
        #expect(gap.count("canary_hits") == 0)
        let material = try Material.usual.get()
        let sealed = try report("something that nobody else may read") {
            for message in material.messages {
                try $0.client(.send(RequestID(1), material.room, token: 1, payload: message))
            }
        }
        #expect(sealed.verdict == .proven, "\(sealed.told)")
    }
}
