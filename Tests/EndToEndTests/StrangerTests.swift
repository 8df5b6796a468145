import Foundation
import Testing

@Suite(
    "a client in another language, by the protocol's page", .enabled(if: Installation.isComplete, Installation.comment))
struct StrangerTests {
    @Test("is greeted with its identity, the version and the largest payload")
    func isGreeted() async throws {
        let server = try await Server.start()
        let alice = try Stranger("alice", to: server, certificates: server.certificates)
        let greeting = try await alice.next()
        #expect(greeting.event == "greeting" && greeting.version == 3 && greeting.you == "alice/default")
        #expect(greeting.maximum == 65_536)
        #expect(greeting.software?.hasPrefix("conclave-server") == true)
        #expect(try #require(greeting.time) > 1_700_000_000_000)
    }

    @Test("founds a room, lets another one in, sends, receives, reads, lists, and is refused where it must be")
    func talks() async throws {
        let server = try await Server.start()
        let alice = try await Stranger.connect("alice", to: server)
        let bob = try await Stranger.connect("bob", to: server)

        #expect(try await bob.ask("enter", "lab").code == 14)
        #expect(try await alice.ask("create", "lab").seq == 1)
        #expect(try await bob.ask("create", "lab").code == 15)
        #expect(try await bob.ask("enter", "lab").code == 4)
        #expect(try await bob.ask("send", "lab 0 early").code == 4)
        let entered = try await alice.ask("enter", "lab")
        #expect(entered.room == "b07b6d797936f752ae71cde6c01c18a9" && entered.head == 1 && entered.epoch == 0)
        #expect(try await alice.ask("add", "lab 0 bob/default").seq == 2)
        #expect(try await alice.ask("add", "lab 0 carol/default").code == 16, "somebody was faster")

        // Who comes later reads from its own coming on.
        let late = try await bob.ask("enter", "lab")
        #expect(late.event == "entered" && late.head == 2 && late.epoch == 1)
        try bob.type("read 900 lab 1")
        let coming = try await bob.next()
        #expect(coming.event == "entry" && coming.seq == 2 && coming.kind == 4 && coming.added == ["bob/default"])
        #expect(try await bob.next().event == "read end")

        let accepted = try await alice.ask("send", "lab 1 hello, world")
        #expect(accepted.event == "accepted" && accepted.seq == 3)
        let entry = try await bob.next()
        #expect(entry.event == "entry" && entry.seq == 3 && entry.time == accepted.time && entry.kind == 2)
        #expect(entry.sender == "alice/default" && entry.text == "hello, world" && entry.room == entered.room)
        #expect(try await alice.ask("send", "lab 7 of an epoch to come").code == 17)

        #expect(try await bob.ask("online").identities == ["alice/default", "bob/default"])
        #expect(try await bob.ask("online", "alice/default").identities == ["bob/default"])
        #expect(try await bob.ask("ping").event == "pong")
    }

    @Test("finds the hash over a room's log as the page tells it, and enters by the bytes of its example")
    func followsTheExample() async throws {
        let server = try await Server.start()
        let (alice, _) = try await Stranger.pair(in: "lab", of: server)
        try await alice.ask("send", "lab 1 hello")
        try alice.type("read 900 lab 0")
        var last = try await alice.next()
        for seq in 1...3 {
            #expect(last.event == "entry" && last.seq == seq && last.chain != nil)
            let following = try await alice.next()
            guard following.event == "entry" else { break }
            last = following
        }
        try alice.type("raw 00000015 01 00000001 b07b6d797936f752ae71cde6c01c18a9")
        let entered = try await alice.next()
        #expect(entered.event == "entered" && entered.request == 1 && entered.head == 3)
        #expect(entered.chain == last.chain && entered.policy == "0102")
    }

    @Test("is online no more once it said goodbye or broke off", arguments: ["quit", "abort"])
    func hearsOfTheEnd(command: String) async throws {
        let server = try await Server.start()
        let alice = try await Stranger.connect("alice", to: server)
        let bob = try await Stranger.connect("bob", to: server)
        #expect(try await alice.ask("online").identities == ["alice/default", "bob/default"])
        try bob.type(command)
        _ = try await server.logged("disconnected")
        #expect(try await alice.ask("online").identities == ["alice/default"])
    }

    @Test("is answered with request 0 to a frame of an unknown type, and goes on")
    func sendsTheUnknown() async throws {
        let server = try await Server.start()
        let alice = try await Stranger.connect("alice", to: server)
        try alice.type("raw 00000005 2a 00000009")
        let answer = try await alice.next()
        #expect(answer.event == "failed" && answer.request == 0 && answer.code == 2)
        #expect(try await alice.ask("ping").event == "pong")
    }

    @Test(
        "is closed with words and close_notify after a malformed frame",
        arguments: ["00000004 01 000001", "00000000", "00011001 01", "ffffffff 03", "00000006 0b 00000001 00"])
    func sendsTheMalformed(bytes: String) async throws {
        let server = try await Server.start()
        let alice = try await Stranger.connect("alice", to: server)
        try alice.type("raw 00000005 0b 00000063 \(bytes) 00000005 0b 00000064")
        #expect(try await alice.next().request == 99, "what it asked for before has its answer")
        let closing = try await alice.next()
        #expect(closing.event == "closing" && closing.code == 3 && closing.retry == false)
        #expect(closing.words?.isEmpty == false)
        let end = try await alice.next()
        #expect(end.event == "end" && end.clean == true)
    }

    @Test(
        "has the answers that wait for the disk, of rooms of every event loop, before the words that send it away",
        arguments: ["00000004 01 000001", "00000000"])
    func hasItsAnswersFirst(bytes: String) async throws {
        let server = try await Server.start()
        let alice = try await Stranger.connect("alice", to: server)
        // Four rooms are founded, of successive ids, and one of them is marked, which alone waits longest.
        let foundings = (1...4).map { number in
            "0000001b 03 0000000\(number) 000000000000000000000000000000a\(number) 010200 000000"
        }
        let mark = "0000001d 10 00000005 000000000000000000000000000000a1 0000000000000001"
        try alice.type("raw \(foundings.joined(separator: " ")) \(mark) \(bytes) 00000005 0b 00000064")
        var answers: [Stranger.Event] = []
        for _ in 1...5 { answers.append(try await alice.next()) }
        #expect(
            answers.map(\.event).sorted() == ["accepted", "accepted", "accepted", "accepted", "done"], "\(answers)")
        #expect(Set(answers.map(\.request)) == [1, 2, 3, 4, 5])
        let closing = try await alice.next()
        #expect(closing.event == "closing" && closing.code == 3)
        let end = try await alice.next()
        #expect(end.event == "end" && end.clean == true)
        #expect(try await server.logged("sent away").contains("alice/default"))
    }

    @Test("marks how far it has come; what was answered outlives kill -9, and what was refused was never said")
    func marks() async throws {
        let folder = try Scratch()
        let data = folder.path + "/data"
        let certificates = try await Certificates.shared().folder
        let server = try await Server(certificates: certificates, data: data)
        let (alice, bob) = try await Stranger.pair(in: "lab", of: server)
        #expect(try await bob.ask("enter", "lab").cursor == 0)
        #expect(try await alice.ask("mark", "lab 1").event == "done")
        #expect(try await bob.ask("mark", "lab 2").event == "done")
        #expect(try await bob.ask("mark", "lab 1").event == "done", "an earlier place, that comes late")
        #expect(try await bob.ask("mark", "lab 3").code == 1, "there is no such entry")
        #expect(try await bob.ask("mark", "den 1").code == 14)
        #expect(try await bob.ask("enter", "lab").cursor == 2)
        server.program.signal(SIGKILL)
        #expect(try await server.program.status() == 128 + SIGKILL)

        let again = try await Server(certificates: certificates, data: data)
        for (user, cursor) in [("alice", 1), ("bob", 2)] {
            let back = try await Stranger.connect(user, to: again)
            #expect(try await back.ask("enter", "lab").cursor == cursor)
        }
    }

    @Test(
        "is refused in the handshake with the alert of the page",
        arguments: [
            ("no-alpn", "ALERT_HANDSHAKE_FAILURE"), ("other-alpn", "ALERT_NO_APPLICATION_PROTOCOL"),
            ("no-certificate", "CERTIFICATE_REQUIRED"),
            ("old-tls", "PROTOCOL_VERSION"),
        ])
    func isRefused(option: String, alert: String) async throws {
        let server = try await Server.start()
        let alice = try Stranger("alice", to: server, certificates: server.certificates, options: [option])
        let event = try await alice.next()
        #expect(event.event == "refused")
        let words = event.words?.uppercased().replacing(" ", with: "_") ?? ""
        #expect(words.contains(alert), "\(event)")
    }

    @Test("is cut off when it does not read, and the others go on")
    func doesNotRead() async throws {
        let server = try await Server.start()
        let (alice, bob) = try await Stranger.pair(in: "lab", of: server)
        try bob.type("deaf")
        let text = String(repeating: "x", count: 59_000)
        for number in 1...400 {
            try alice.type("send \(1_000 + number) lab 1 \(text)")
        }
        _ = try await server.logged("does not read")
        try alice.type("ping 7777")
        var count = 0
        var last = try await alice.next()
        while last.event == "accepted" {
            count += 1
            last = try await alice.next()
        }
        #expect(last.event == "pong" && count == 400)
        withExtendedLifetime(bob) {}
    }
}
