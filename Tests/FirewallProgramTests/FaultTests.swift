import Firewall
import Foundation
import NetworkLab
import Testing

@Suite("faults of the firewall, with real packets", .enabled(if: NetworkLab.isUsable, needsNetwork))
struct FaultTests {
    private static let policy = Policy.rules(.block(1, .tcp, 23...23)).with { $0.statisticsSeconds = 1 }

    @Test("killed at any moment, with a change under way, it leaves one whole policy in force")
    func killedAnytime() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [22, 23, 81])
            let firewall = try await RunningFirewall.start(on: server, Self.policy)
            let other = Self.policy.with { $0.rules.append(.block(2, .tcp, 81...81)) }
            for round in 0..<8 {
                // Changes one after the other, until the daemon is gone.
                let changes = Task {
                    for change in 0..<1_000 {
                        guard (try? firewall.apply(change % 2 == 0 ? other : Self.policy)) != nil else { return }
                    }
                }
                try await Task.sleep(for: .milliseconds(3 + 7 * round))
                firewall.kill()
                await changes.value
                let outcomes = try await client.tcp(to: Server.four, ports: [22, 23, 81])
                #expect(outcomes[0...1] == [.open, .dropped])
                try await firewall.start()
                #expect(try await client.tcp(to: Server.four, ports: [22, 23]) == [.open, .dropped])
                #expect(try firewall.ask(.status).status?.problems == [])
            }
        }
    }

    @Test("a full disk stops the log, not the firewall: bans and rules go on, and the log returns")
    func fullDisk() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.77.0.11"])
            try server.listen(tcp: [22, 23])
            let firewall = try RunningFirewall(on: server, policy: Self.policy)
            // A disk of 1 MiB for what it keeps; seen by the daemon and what fills it.
            let mounted = try await server.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", firewall.statePath])
            try #require(mounted.status == 0 || mounted.status == 32, "\(mounted)")
            try await firewall.start(wrapper: [
                "unshare", "-m", "sh", "-c",
                "mount -t tmpfs -o size=1m tmpfs \"$0\" && mkdir \"$0/feeds\" && exec \"$@\"", firewall.statePath,
            ])
            let filler = "/proc/\(firewall.identifier)/root\(firewall.statePath)/filler"
            _ = try await server.run(["dd", "if=/dev/zero", "of=\(filler)", "bs=64k"])
            for _ in 0..<5 {
                try await client.burst(to: Server.four, port: 99, count: 100)
                _ = try await client.tcp(to: Server.four, ports: Array(repeating: 23, count: 50))
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(firewall.isRunning, "\(firewall.words)")
            let banned = ["10.77.0.11"].compactMap { IPAddress($0) }
            _ = try firewall.ask(.ban(banned, seconds: 60, detail: ""))
            #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 22) == .dropped)
            #expect(try await client.tcp(to: Server.four, ports: [22, 23]) == [.open, .dropped])
            #expect(firewall.isRunning, "\(firewall.words)")
            _ = try await server.run(["rm", filler])
            // It is tried again every 10 s; on a busy machine a second try may be needed.
            try await eventually("the log's return", within: 60) { () async throws -> Bool? in
                _ = try await client.tcp(to: Server.four, port: 23)
                guard case .logs(let rows) = try firewall.ask(.logs(LogQuery())) else { return nil }
                return rows.isEmpty ? nil : true
            }
        }
    }

    @Test("a flood of what is blocked writes a bounded number of lines, and the counter has them all")
    func flood() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [22])
            let policy = Policy.rules(.block(1, .udp, 99...99)).with {
                $0.log.blockedPerSecond = 100
                $0.statisticsSeconds = 1
            }
            let firewall = try await RunningFirewall.start(on: server, policy)
            let start = ContinuousClock.now
            let sent = try await client.burst(to: Server.four, port: 99, count: 200_000)
            let seconds = start.duration(to: .now) / .seconds(1)
            #expect(sent == 200_000)
            #expect(try await firewall.packets("rule_1") == sent)
            try await Task.sleep(for: .milliseconds(1_500))
            guard case .statistics(let statistics) = try firewall.ask(.statistics) else { throw LabError("none") }
            // As many a second as the policy says, and a burst of as many.
            #expect(statistics.blockedRows > 0)
            #expect(Double(statistics.blockedRows) <= 100 * (seconds + 2.5) + 100, "\(statistics.blockedRows) lines")
            #expect(statistics.storeBytes < 1 << 20)
            #expect(try await client.tcp(to: Server.four, port: 22) == .open)
        }
    }

    @Test(
        "a clock that jumps a day, back or forth, ends no ban and no rule",
        .enabled(if: Machine.has("faketime"), "faketime is missing"))
    func clock() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.77.0.11"])
            try server.listen(tcp: [22, 23])
            let firewall = try RunningFirewall(on: server, policy: Self.policy)
            let time = firewall.folder + "/time"
            try "+0".write(toFile: time, atomically: true, encoding: .utf8)
            let settings = [
                "LD_PRELOAD": try Machine.faketimeLibrary(), "FAKETIME_TIMESTAMP_FILE": time, "FAKETIME_NO_CACHE": "1",
                "DONT_FAKE_MONOTONIC": "1",
            ]
            try await firewall.start(environment: settings)
            let banned = ["10.77.0.11"].compactMap { IPAddress($0) }
            #expect(try firewall.ask(.ban(banned, seconds: 3_600, detail: "")).isDone)
            for jump in ["-1d", "+30m", "+0"] {
                try jump.write(toFile: time, atomically: true, encoding: .utf8)
                try await Task.sleep(for: .milliseconds(1_500))
                #expect(firewall.isRunning, "\(jump): \(firewall.words)")
                #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 22) == .dropped, "\(jump)")
                #expect(try await client.tcp(to: Server.four, ports: [22, 23]) == [.open, .dropped], "\(jump)")
            }
        }
    }

    @Test("a second daemon on the same folder says so and ends; the first goes on")
    func second() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [22, 23])
            let firewall = try await RunningFirewall.start(on: server, Self.policy)
            let result = try await server.run([
                RunningFirewall.program, "run", "--policy", firewall.policyPath, "--state", firewall.statePath,
                "--run-dir", firewall.runPath,
            ])
            #expect(result.status != 0 && !result.errors.isEmpty, "\(result)")
            #expect(try firewall.ask(.status).status?.state == .on)
            #expect(try await client.tcp(to: Server.four, ports: [22, 23]) == [.open, .dropped])
        }
    }

    @Test("a policy that is wrong, or missing, starts nothing and changes nothing; the error names the place")
    func wrongPolicy() async throws {
        try await NetworkLab.run { lab in
            let server = try lab.host("server")
            let firewall = try RunningFirewall(on: server, policy: Self.policy)
            let words = [
                RunningFirewall.program, "run", "--policy", firewall.policyPath, "--state", firewall.statePath,
                "--run-dir", firewall.runPath,
            ]
            try "{\n  \"version\": 1,\n  \"rules\": [{\"id\": 1, \"ports\": [\"70000\"]}]\n}".write(
                toFile: firewall.policyPath, atomically: true, encoding: .utf8)
            let wrong = try await server.run(words)
            #expect(wrong.status == 78, "\(wrong)")
            #expect(wrong.errors.contains(":3"), "\(wrong)")
            #expect(try await !firewall.hasTable())
            try FileManager.default.removeItem(atPath: firewall.policyPath)
            let missing = try await server.run(words)
            #expect(missing.status == 66 || missing.status == 78, "\(missing)")
            #expect(try await !firewall.hasTable())
        }
    }
}

/// What the machine has.
enum Machine {
    static func has(_ name: String) -> Bool {
        let folders = ProcessInfo.processInfo.environment["PATH", default: ""].split(separator: ":")
        return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }

    /// libfaketime for programs with threads.
    static func faketimeLibrary() throws -> String {
        let folders = [
            "/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime",
        ]
        for folder in folders + ["/usr/lib64/faketime"] {
            let path = folder + "/libfaketimeMT.so.1"
            if FileManager.default.fileExists(atPath: path) { return path }
        }
        throw LabError("libfaketimeMT.so.1 is missing")
    }
}
