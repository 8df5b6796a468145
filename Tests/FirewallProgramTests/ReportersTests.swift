import ControlSocket
import Firewall
import Foundation
import NetworkLab
import Testing

/// The programs that report, beside the tests where the whole package was built.
private enum Reporters {
    static let server = RunningFirewall.programs + "/conclave-server"
    static let tlsmon = RunningFirewall.programs + "/tlsmon"
    static let certs =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/scripts/certs"

    static let areThere =
        ProcessInfo.processInfo.environment["CI"] == "true"
        || [server, tlsmon].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
}

@Suite(
    "reports of the chat server and of tlsmon, with real packets",
    .enabled(if: NetworkLab.isUsable, needsNetwork),
    .enabled(if: Reporters.areThere, "conclave-server and tlsmon are not built: swift build"))
struct ReportersTests {
    private func bans(_ firewall: RunningFirewall) throws -> [Ban] {
        guard case .bans(let rows) = try firewall.ask(.bans) else { throw LabError("no bans") }
        return rows.map(\.ban)
    }

    @Test("whoever hammers the chat server without a certificate is banned by it, for ten minutes and on all ports")
    func hammering() async throws {
        try await NetworkLab.run { lab in
            let (client, host) = try lab.pair(clientAddresses: ["10.77.0.11", "10.77.0.12"])
            try host.listen(tcp: [8_080])
            let firewall = try await RunningFirewall.start(on: host, .rules())
            let made = try await host.run(
                [Reporters.certs, "init", "--host", Server.four, "--dir", firewall.folder + "/certs"], within: 60)
            try #require(made.status == 0, "\(made.errors)")
            let server = try host.start([
                Reporters.server, "--certs", firewall.folder + "/certs", "--data", firewall.folder + "/data", "--port",
                "7443", "--firewall", firewall.runPath + "/chat.sock",
            ])
            defer { server.end() }
            try await eventually("the server: \(server.errors)") {
                server.errors.contains("mutual TLS 1.3") ? true : nil
            }
            func hammer(_ times: Int, from source: String) async throws {
                _ = try await client.run(
                    [
                        "sh", "-c",
                        "for i in $(seq \(times)); do timeout 2 openssl s_client -connect \(Server.four):7443 -bind \(source) -alpn conclave/1 -quiet </dev/null; done",
                    ], within: 60)
            }
            // A person who tries a few times is not.
            try await hammer(4, from: "10.77.0.12")
            try await hammer(14, from: "10.77.0.11")
            let ban = try await eventually("a ban") { try bans(firewall).first }
            #expect(ban.targets.map(\.description) == ["10.77.0.11"])
            #expect(ban.kind == .noCertificate && ban.offence == 1)
            #expect(ban.until - ban.since == 600_000)
            for port: UInt16 in [7_443, 8_080] {
                #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: port) == .dropped)
                #expect(try await client.tcp(from: "10.77.0.12", to: Server.four, port: port) == .open)
            }
            #expect(try bans(firewall).count == 1)
        }
    }

    @Test(
        "a scan of closed ports, which could be forged, earns two minutes by tlsmon; also after the daemon was killed")
    func scanning() async throws {
        try await NetworkLab.run { lab in
            let (client, host) = try lab.pair(clientAddresses: ["10.77.0.11", "10.77.0.12"])
            try host.listen(tcp: [8_080])
            let firewall = try await RunningFirewall.start(on: host, .rules())
            let tlsmon = try host.start([
                Reporters.tlsmon, "live", "-i", host.card, "-l", "--firewall", firewall.runPath + "/monitor.sock",
                "tcp",
            ])
            defer { tlsmon.end() }
            try await eventually("tlsmon: \(tlsmon.errors)") { tlsmon.errors.contains("capturing on") ? true : nil }
            for source in ["10.77.0.11", "10.77.0.12"] {
                _ = try await client.tcp(from: source, to: Server.four, ports: Array(20_000..<20_030))
                let ban = try await eventually("a ban of \(source)") {
                    try bans(firewall).first { $0.targets.map(\.description) == [source] }
                }
                #expect(ban.isForgeable && ban.until - ban.since == 120_000)
                #expect(ban.detail.hasPrefix("port_scan: "))
                #expect(try await client.tcp(from: source, to: Server.four, port: 8_080) == .dropped)
                #expect(try await client.tcp(to: Server.four, port: 8_080) == .open)
                // The monitor is locked down, and finds the next daemon all the same.
                firewall.kill()
                try await firewall.start()
            }
        }
    }
}
