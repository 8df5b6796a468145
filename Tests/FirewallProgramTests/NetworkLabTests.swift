import NetworkLab
import Testing

/// The tests' own network: were it wrong, so were all that say "dropped".
@Suite("the network of the tests", .enabled(if: NetworkLab.isUsable, needsNetwork))
struct NetworkLabTests {
    @Test("without a firewall everything arrives, and closed ports refuse")
    func open() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.78.5.9", "fd78::9"])
            try server.listen(tcp: [23, 8_080], udp: [53])
            for (target, source) in [("10.77.0.2", "10.78.5.9"), ("fd77::2", "fd78::9")] {
                for source in [nil, source] {
                    #expect(try await client.tcp(from: source, to: target, ports: [23, 81]) == [.open, .refused])
                    #expect(try await client.udp(from: source, to: target, ports: [53, 54]) == [.open, .refused])
                    #expect(try await client.ping(from: source, to: target) == .open)
                    #expect(try await client.raw(protocol: 253, from: source, to: target, at: server) == .open)
                }
                let session = try await client.session(from: source, to: target, port: 8_080)
                #expect(await session.isAlive())
            }
            #expect(try await client.tcp(to: "10.99.0.1", port: 1) == .unreachable)
            let many = try await client.tcp(to: "10.77.0.2", ports: Array(repeating: 8_080, count: 300))
            #expect(many.allSatisfy { $0 == .open })
        }
    }

    @Test("what nft drops is dropped, what it rejects is prohibited, and a session that it cuts is dead")
    func blocked() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [23, 24, 8_080], udp: [53, 54])
            let session = try await client.session(to: "10.77.0.2", port: 8_080)
            let rules = """
                table inet t { chain i { type filter hook input priority 0; iif lo accept; tcp dport { 23, 8080 } drop; udp dport 53 drop; \
                tcp dport 24 reject with icmpx admin-prohibited; udp dport 54 reject with icmpx admin-prohibited; \
                meta l4proto { icmp, 253 } drop; icmpv6 type echo-request drop; }; }
                """
            let made = try await server.run(["nft", rules])
            #expect(made.status == 0, "\(made)")
            for target in ["10.77.0.2", "fd77::2"] {
                // A socket that is still in connect(2) when the error comes hears it at its second attempt, after a second.
                let outcomes = try await client.tcp(to: target, ports: [23, 24, 81], within: 2.5)
                #expect(outcomes == [.dropped, .prohibited, .refused])
                #expect(try await client.udp(to: target, ports: [53, 54]) == [.dropped, .prohibited])
                #expect(try await client.ping(to: target) == .dropped)
                #expect(try await client.raw(protocol: 253, to: target, at: server) == .dropped)
            }
            #expect(await !session.isAlive())
            #expect(try await server.tcp(to: "127.0.0.1", port: 23) == .open)
        }
    }

    @Test("all is gone afterwards, after an error too")
    func clearsUp() async throws {
        var name = ""
        await #expect(throws: LabError.self) {
            try await NetworkLab.run { lab in
                let host = try lab.host("server")
                name = host.namespaceName
                _ = try host.start(["sleep", "60"])
                #expect(try await host.run(["ip", "netns", "list"]).output.contains(name))
                throw LabError("a test's")
            }
        }
        let left = try await NetworkLab.run { lab in
            try await lab.host("other").run(["ip", "netns", "list"]).output
        }
        #expect(!name.isEmpty && !left.contains(name))
    }
}
