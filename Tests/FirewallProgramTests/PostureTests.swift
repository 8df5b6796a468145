import Firewall
import NetworkLab
import Testing

@Suite("postures, with real packets", .enabled(if: NetworkLab.isUsable, needsNetwork))
struct PostureTests {
    @Test("from 5 to 1 the door closes step by step, and one step opens it again")
    func steps() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: [
                "10.77.0.11", "10.77.0.12", "10.77.0.13", "10.77.0.14",
            ])
            try server.listen(tcp: [22, 23, 8_080])
            try client.listen(tcp: [443])
            let policy = Policy.rules(.allow(1, .tcp, 22...22), .block(2, .tcp, 23...23)).with {
                $0.whitelist = [.host("10.77.0.11")]
                $0.rateLimit = RateLimit().with { $0.connections = 40 }
            }
            let firewall = try await RunningFirewall.start(on: server, policy)
            let authenticated = ["10.77.0.12"].compactMap { IPAddress($0) }
            #expect(try firewall.ask(.authenticated(authenticated), as: .chat).isDone)
            let session = try await client.session(from: "10.77.0.13", to: Server.four, port: 8_080)

            func door(_ source: String? = nil) async throws -> [Bool] {
                try await client.tcp(from: source, to: Server.four, ports: [22, 23, 8_080]).map { $0 == .open }
            }
            func set(_ posture: Posture) async throws {
                let answer = try firewall.ask(.setPosture(posture, PolicyChange(trial: .none, isForced: true)))
                #expect(answer.isDone, "\(answer)")
            }
            let burst = {
                try await client.tcp(from: "10.77.0.14", to: Server.four, ports: Array(repeating: 22, count: 60)).count
                { $0 == .open }
            }

            try await set(.open)
            #expect(try await door() == [true, false, true])
            #expect(try await burst() == 60)

            try await set(.normal)
            #expect(try await door() == [true, false, true])
            #expect(try await burst() == 40)

            try await set(.guarded)
            #expect(try await door() == [true, false, false])
            #expect(try await door("10.77.0.11") == [true, true, true])
            #expect(try await server.tcp(to: Client.four, port: 443) == .open)
            #expect(await session.isAlive())

            try await set(.closed)
            #expect(try await door() == [false, false, false])
            #expect(try await door("10.77.0.12") == [true, false, true])
            #expect(try await door("10.77.0.11") == [true, true, true])
            #expect(try await server.tcp(to: Client.four, port: 443) == .open)
            #expect(await session.isAlive())

            try await set(.lockdown)
            #expect(try await door() == [false, false, false])
            #expect(try await door("10.77.0.11") == [true, true, true])
            #expect(try await door("10.77.0.12")[0])
            #expect(try await server.tcp(to: Client.four, port: 443) != .open)
            #expect(try await server.tcp(to: "10.77.0.11", port: 443) == .open)
            #expect(try await server.tcp(to: "127.0.0.1", port: 23) == .open)
            #expect(await !session.isAlive())

            // It is remembered, and goes back in one step.
            firewall.kill()
            try await firewall.start()
            guard case .posture(let posture) = try firewall.ask(.posture) else { throw LabError("no posture") }
            #expect(posture == .lockdown)
            #expect(try await door() == [false, false, false])
            try await set(.normal)
            #expect(try await door("10.77.0.13") == [true, false, true])
        }
    }
}
