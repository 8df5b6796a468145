import ControlSocket
import Firewall
import NetworkLab
import Testing

@Suite("bans, with real packets", .enabled(if: NetworkLab.isUsable, needsNetwork))
struct BanTests {
    private static func addresses(_ texts: String...) -> [IPAddress] { texts.compactMap { IPAddress($0) } }

    @Test("a ban covers IPv4 and the IPv6 network, cuts open connections, and survives kill -9, restarts and a stop")
    func survives() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.77.0.11", "fd77:1::1", "fd77:1::2", "fd77:2::1"])
            try server.listen(tcp: [8_080])
            let firewall = try await RunningFirewall.start(on: server, .rules())
            let sessions = [
                try await client.session(from: "10.77.0.11", to: Server.four, port: 8_080),
                try await client.session(from: "fd77:1::2", to: Server.six, port: 8_080),
            ]
            for session in sessions { #expect(await session.isAlive()) }
            let answer = try firewall.ask(
                .ban(Self.addresses("10.77.0.11", "fd77:1::1"), seconds: 600, detail: "a test"))
            guard case .banned(let row) = answer else { throw LabError("\(answer)") }
            #expect(Set(row.ban.targets) == Set(["10.77.0.11", "fd77:1::/64"].compactMap(IPPrefix.of)))
            for session in sessions { #expect(await !session.isAlive()) }

            func expectBan(_ when: String) async throws {
                #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 8_080) == .dropped, "\(when)")
                for source in ["fd77:1::1", "fd77:1::2"] {
                    #expect(try await client.tcp(from: source, to: Server.six, port: 8_080) == .dropped, "\(when)")
                }
                #expect(try await client.tcp(to: Server.four, port: 8_080) == .open, "\(when)")
                #expect(try await client.tcp(from: "fd77:2::1", to: Server.six, port: 8_080) == .open, "\(when)")
            }
            try await expectBan("at once")
            firewall.kill()
            try await expectBan("without a daemon")
            try await firewall.start()
            try await expectBan("after kill -9 and a start")
            #expect(try await firewall.stop() == 0)
            try await expectBan("after a stop")
            // A reboot: the kernel has forgotten everything.
            _ = try await firewall.nft("delete", "table", "inet", "conclave")
            #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 8_080) == .open)
            try await firewall.start()
            try await expectBan("after a reboot")
            #expect(try firewall.ask(.unban(row.ban.targets[0])).isDone)
            #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 8_080) == .open)
        }
    }

    @Test("what can be forged earns two minutes at most, however often; what cannot earns longer every time")
    func forgeable() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.77.0.11", "10.77.0.12"])
            try server.listen(tcp: [8_080])
            let firewall = try await RunningFirewall.start(on: server, .rules())
            let scan = Report(
                .alarm, Self.addresses("10.77.0.11"), isForgeable: true, weight: 10, detail: "97 ports in 10 s")
            let abuse = Report(
                .badCertificate, Self.addresses("10.77.0.12"), isForgeable: false, weight: 10, detail: "alert 42")
            for _ in 0..<5 {
                #expect(try firewall.ask(.report(scan), as: .monitor).isDone)
                #expect(try firewall.ask(.report(abuse), as: .chat).isDone)
            }
            guard case .bans(let rows) = try firewall.ask(.bans) else { throw LabError("no bans") }
            let forged = try #require(rows.first { $0.ban.targets == ["10.77.0.11"].compactMap(IPPrefix.of) })
            let real = try #require(rows.first { $0.ban.targets == ["10.77.0.12"].compactMap(IPPrefix.of) })
            #expect(forged.ban.until - forged.ban.since <= 120_000)
            #expect(real.ban.until - real.ban.since >= 600_000)
            for source in ["10.77.0.11", "10.77.0.12"] {
                #expect(try await client.tcp(from: source, to: Server.four, port: 8_080) == .dropped)
            }
        }
    }

    @Test(
        "the reporters' sockets take reports and nothing else, and nobody's reports ban the machine itself or its gateway"
    )
    func roles() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [8_080])
            try server.ip("route add default via 10.77.0.1")
            let firewall = try await RunningFirewall.start(on: server, .rules())
            for role in [ControlRole.chat, .monitor] {
                #expect(try !firewall.ask(.off, as: role).isDone)
                #expect(try !firewall.ask(.ban(Self.addresses("10.99.0.1"), seconds: 60, detail: ""), as: role).isDone)
            }
            #expect(try !firewall.ask(.authenticated(Self.addresses("10.77.0.1")), as: .monitor).isDone)
            for address in ["10.77.0.1", "10.77.0.2", "127.0.0.1", "fd77::2", "::1"] {
                let report = Report(.badCertificate, Self.addresses(address), isForgeable: false, weight: 10)
                _ = try firewall.ask(.report(report), as: .chat)
            }
            guard case .bans(let rows) = try firewall.ask(.bans) else { throw LabError("no bans") }
            #expect(rows.isEmpty)
            #expect(try await client.tcp(to: Server.four, port: 8_080) == .open)
        }
    }

    @Test("a ban that only the kernel knows can be ended, in both families")
    func forgotten() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.77.0.12", "fd77:2::1"])
            try server.listen(tcp: [8_080])
            let firewall = try await RunningFirewall.start(on: server, .rules())
            for (set, key, source, target) in [
                ("ban4", "10.77.0.12", "10.77.0.12", Server.four), ("ban6", "fd77:2::", "fd77:2::1", Server.six),
            ] {
                let made = try await firewall.nft(
                    "add", "element", "inet", "conclave", set, "{", key, "timeout", "600s", "}")
                #expect(made.status == 0, "\(made)")
                #expect(try await client.tcp(from: source, to: target, port: 8_080) == .dropped)
                let result = try await firewall.command("unban", source)
                #expect(result.status == 0, "\(result)")
                #expect(try await client.tcp(from: source, to: target, port: 8_080) == .open)
                #expect(try await firewall.command("unban", source).status == 1)
            }
        }
    }

    @Test("a ban that another program takes out of the kernel comes back, and ends when it is to")
    func takenOut() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.77.0.12"])
            try server.listen(tcp: [8_080])
            let firewall = try await RunningFirewall.start(on: server, .rules().with { $0.statisticsSeconds = 1 })
            #expect(try firewall.ask(.ban(Self.addresses("10.77.0.12"), seconds: 6, detail: "")).isDone)
            let taken = try await firewall.nft("delete", "element", "inet", "conclave", "ban4", "{", "10.77.0.12", "}")
            #expect(taken.status == 0, "\(taken)")
            try await eventually("the ban's return", within: 4) {
                try await client.tcp(from: "10.77.0.12", to: Server.four, port: 8_080) == .dropped ? true : nil
            }
            try await eventually("the ban's end", within: 8) {
                try await client.tcp(from: "10.77.0.12", to: Server.four, port: 8_080) == .open ? true : nil
            }
        }
    }

    @Test("a gateway that came after the daemon's start is banned by no report")
    func lateGateway() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [8_080])
            let firewall = try await RunningFirewall.start(on: server, .rules())
            try server.ip("route add default via 10.77.0.1")
            // Longer than the daemon takes its last look for true.
            try await Task.sleep(for: .milliseconds(1_200))
            let report = Report(.badCertificate, Self.addresses(Client.four), isForgeable: false, weight: 10)
            _ = try firewall.ask(.report(report), as: .chat)
            #expect(try await client.tcp(to: Server.four, port: 8_080) == .open)
            let manual = try firewall.ask(.ban(Self.addresses(Client.four), seconds: 60, detail: ""))
            #expect(!manual.isDone, "\(manual)")
        }
    }
}
