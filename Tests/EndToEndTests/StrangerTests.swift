import Testing

@Suite(
    "a client in another language, by the protocol's page", .enabled(if: Installation.isComplete, Installation.comment))
struct StrangerTests {
    @Test("is greeted with its identity, the version and the largest payload")
    func isGreeted() async throws {
        let server = try await Server.start()
        let alice = try Stranger("alice", to: server, certificates: server.certificates)
        let greeting = try await alice.next()
        #expect(greeting.event == "greeting" && greeting.version == 1 && greeting.you == "alice/default")
        #expect(greeting.maximum == 65_536)
        #expect(greeting.software?.hasPrefix("conclave-server") == true)
        #expect(try #require(greeting.time) > 1_700_000_000_000)
    }

    @Test("joins, sends, receives, lists, leaves, and is refused where it must be")
    func talks() async throws {
        let server = try await Server.start()
        let alice = try await Stranger.connect("alice", to: server)
        let bob = try await Stranger.connect("bob", to: server)

        let joined = try await alice.ask("join", "lab")
        #expect(joined.event == "joined" && joined.seq == 0 && joined.room == "b07b6d797936f752ae71cde6c01c18a9")
        #expect(try await bob.ask("send", "lab early").code == 4)
        #expect(try await bob.ask("join", "lab").seq == 0)
        let news = try await alice.next()
        #expect(news.event == "member joined" && news.member == "bob/default")

        let accepted = try await alice.ask("send", "lab hello, world")
        #expect(accepted.event == "accepted" && accepted.seq == 1)
        let delivery = try await bob.next()
        #expect(delivery.event == "delivery" && delivery.seq == 1 && delivery.time == accepted.time)
        #expect(delivery.sender == "alice/default" && delivery.text == "hello, world")
        #expect(delivery.room == joined.room)

        let members = try await bob.ask("members", "lab")
        #expect(members.event == "members" && members.identities == ["alice/default", "bob/default"])
        #expect(members.more == false)
        #expect(try await bob.ask("members", "lab alice/default").identities == ["bob/default"])
        #expect(try await bob.ask("online").identities == ["alice/default", "bob/default"])
        #expect(try await bob.ask("members", "tea").code == 4)
        #expect(try await bob.ask("ping").event == "pong")

        let direct = try await alice.ask("direct", "bob psst")
        #expect(direct.event == "accepted" && direct.seq == 0)
        let secret = try await bob.next()
        #expect(secret.event == "direct" && secret.text == "psst" && secret.recipient == "bob")
        #expect(secret.sender == "alice/default" && secret.time == direct.time)
        let offline = try await alice.ask("direct", "carol psst")
        #expect(offline.event == "failed" && offline.code == 7 && offline.retry == true)

        #expect(try await bob.ask("leave", "lab").event == "left")
        let left = try await alice.next()
        #expect(left.event == "member left" && left.member == "bob/default" && left.lost == false)
    }

    @Test("finds the example of the page to be true, byte by byte")
    func followsTheExample() async throws {
        let server = try await Server.start()
        let bob = try await Stranger.connect("bob", to: server)
        try await bob.ask("join", "lab")
        let alice = try await Stranger.connect("alice", to: server)
        try alice.type("raw 00000015 01 00000001 b07b6d797936f752ae71cde6c01c18a9")
        let joined = try await alice.next()
        #expect(joined.event == "joined" && joined.request == 1 && joined.seq == 0)
        try alice.type("raw 00000021 03 00000002 b07b6d797936f752ae71cde6c01c18a9 000009 01010005 68656c6c6f")
        let accepted = try await alice.next()
        #expect(accepted.event == "accepted" && accepted.request == 2 && accepted.seq == 1)
        _ = try await bob.next()
        let delivery = try await bob.next()
        #expect(delivery.event == "delivery" && delivery.text == "hello" && delivery.sender == "alice/default")
    }

    @Test("is told whether another one said goodbye or broke off", arguments: [("quit", false), ("abort", true)])
    func hearsOfTheEnd(command: String, lost: Bool) async throws {
        let server = try await Server.start()
        let alice = try await Stranger.connect("alice", to: server)
        try await alice.ask("join", "lab")
        let bob = try await Stranger.connect("bob", to: server)
        try await bob.ask("join", "lab")
        _ = try await alice.next()
        try bob.type(command)
        let left = try await alice.next()
        #expect(left.event == "member left" && left.lost == lost)
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
        arguments: ["00000004 01 000001", "00000000", "00010401 01", "ffffffff 03", "00000006 07 00000001 00"])
    func sendsTheMalformed(bytes: String) async throws {
        let server = try await Server.start()
        let alice = try await Stranger.connect("alice", to: server)
        let bob = try await Stranger.connect("bob", to: server)
        try await bob.ask("join", "lab")
        try await alice.ask("join", "lab")
        _ = try await bob.next()
        try alice.type("raw 00000005 07 00000063 \(bytes) 00000005 07 00000064")
        #expect(try await alice.next().request == 99, "what it asked for before has its answer")
        let closing = try await alice.next()
        #expect(closing.event == "closing" && closing.code == 3 && closing.retry == false)
        #expect(closing.words?.isEmpty == false)
        let end = try await alice.next()
        #expect(end.event == "end" && end.clean == true)
        let left = try await bob.next()
        #expect(left.event == "member left" && left.lost == false)
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
        let alice = try await Stranger.connect("alice", to: server)
        try await alice.ask("join", "lab")
        let bob = try await Stranger.connect("bob", to: server)
        try await bob.ask("join", "lab")
        _ = try await alice.next()
        try bob.type("deaf")
        let text = String(repeating: "x", count: 59_000)
        for number in 1...400 {
            try alice.type("send \(1_000 + number) lab \(text)")
        }
        _ = try await server.logged("does not read")
        var last = try await alice.next()
        while last.event == "accepted" { last = try await alice.next() }
        #expect(last.event == "member left" && last.member == "bob/default" && last.lost == true)
        try alice.type("ping 7777")
        while last.event != "pong" { last = try await alice.next() }
    }
}
