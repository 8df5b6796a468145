import Firewall
import Foundation
import NetworkLab
import Testing

@Suite("no lock-out, with real packets", .enabled(if: NetworkLab.isUsable, needsNetwork))
struct SafetyTests {
    private static let before = Policy.rules(.block(1, .tcp, 23...23)).with { $0.safety.confirmSeconds = 5 }
    /// A mistake: closes the door through which it was made.
    private static let mistake = before.with { $0.defaultAction = .block }

    private static func run(
        _ policy: Policy = before,
        _ body: (_ client: LabHost, _ server: LabHost, _ firewall: RunningFirewall) async throws -> Void
    ) async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.77.0.11"])
            try server.listen(tcp: [22, 23, 8_080])
            try await body(client, server, try await RunningFirewall.start(on: server, policy))
        }
    }

    @Test("a policy on trial ends in the kernel: the daemon is dead, and so is everybody else")
    func trialWithoutProcess() async throws {
        try await Self.run { (client, server, firewall) async throws in
            let session = try await client.session(to: Server.four, port: 22)
            #expect(try firewall.apply(Self.mistake, trial: .seconds(5)).isDone)
            #expect(try await client.tcp(to: Server.four, ports: [22, 23, 8_080]) == [.dropped, .dropped, .dropped])
            #expect(try await client.tcp(to: Server.six, port: 22) == .dropped)
            #expect(await session.isAlive())
            firewall.kill()
            #expect(try await server.run(["pgrep", "--full", firewall.folder]).output == "")
            try await eventually("the trial's end", within: 8) {
                try await client.tcp(to: Server.four, ports: [22, 23, 8_080]) == [.open, .dropped, .open] ? true : nil
            }
            try await eventually("the trial's end for IPv6", within: 2) {
                try await client.tcp(to: Server.six, ports: [22, 23]) == [.open, .dropped] ? true : nil
            }
            // The next daemon takes the policy that was confirmed.
            try await firewall.start()
            #expect(try firewall.ask(.status).status?.state == .on)
            #expect(try await client.tcp(to: Server.four, ports: [22, 23]) == [.open, .dropped])
        }
    }

    @Test(
        "an unconfirmed trial reverts by itself, is not on the disk, and a confirmed one stays, through a restart too")
    func confirm() async throws {
        try await Self.run { (client, _, firewall) async throws in
            let changed = Self.before.with { $0.rules.append(.block(2, .tcp, 8_080...8_080)) }
            #expect(try firewall.apply(changed, trial: .seconds(5)).isDone)
            #expect(try firewall.ask(.status).status?.state == .trial)
            #expect(try await client.tcp(to: Server.four, port: 8_080) == .dropped)
            #expect(try Self.onDisk(firewall) == Self.before)
            try await eventually("the end of the trial", within: 8) {
                try await client.tcp(to: Server.four, port: 8_080) == .open ? true : nil
            }
            #expect(try !firewall.ask(.confirm).isDone)

            #expect(try firewall.apply(changed, trial: .seconds(5)).isDone)
            #expect(try firewall.ask(.confirm).isDone)
            #expect(try Self.onDisk(firewall) == changed)
            try await Task.sleep(for: .seconds(6))
            #expect(try await client.tcp(to: Server.four, port: 8_080) == .dropped)
            firewall.kill()
            try await firewall.start()
            #expect(try await client.tcp(to: Server.four, ports: [22, 8_080]) == [.open, .dropped])
        }
    }

    private static func onDisk(_ firewall: RunningFirewall) throws -> Policy {
        try Policy(parsing: try String(contentsOfFile: firewall.policyPath, encoding: .utf8), name: "policy.json")
    }

    @Test(
        "what would lock the present SSH connection out is refused with status 3, and nothing changes; --force does it")
    func refuses() async throws {
        try await Self.run { (client, _, firewall) async throws in
            let path = firewall.folder + "/new.json"
            try Self.mistake.json.write(toFile: path, atomically: true, encoding: .utf8)
            let connection = ["SSH_CONNECTION": "10.77.0.1 50000 10.77.0.2 22"]
            for words in [["check", path], ["apply", path]] {
                let result = try await firewall.command(words[0], words[1], environment: connection)
                #expect(result.status == 3, "\(result)")
                #expect((result.output + result.errors).contains("10.77.0.1"), "\(result)")
            }
            let listed = try await firewall.command("blacklist", "add", "10.77.0.0/24", environment: connection)
            #expect(listed.status == 3, "\(listed)")
            #expect(try await client.tcp(to: Server.four, ports: [22, 23]) == [.open, .dropped])
            // Somebody who comes from elsewhere is not locked out by it.
            let other = try await firewall.command("check", path, environment: ["SSH_CONNECTION": ""])
            #expect(other.status == 0 || other.status == 3, "\(other)")
            #expect(try await firewall.command("apply", path, "--force", environment: connection).status == 0)
            #expect(try await client.tcp(to: Server.four, port: 22) == .dropped)
        }
    }

    @Test("another's nft flush ruleset is repaired at once: rules, bans and lists")
    func foreignFlush() async throws {
        try await Self.run { (client, _, firewall) async throws in
            let banned = ["10.77.0.11"].compactMap { IPAddress($0) }
            #expect(try firewall.ask(.ban(banned, seconds: 600, detail: "")).isDone)
            for attempt in 1...3 {
                #expect(try await firewall.nft("flush", "ruleset").status == 0)
                let start = ContinuousClock.now
                try await eventually("repair \(attempt)", within: 5) { try await firewall.hasTable() ? true : nil }
                #expect(start.duration(to: .now) < .seconds(2))
                #expect(try await client.tcp(to: Server.four, ports: [22, 23]) == [.open, .dropped])
                #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 22) == .dropped)
            }
            // A part of it alone, too.
            let flushed = try await firewall.nft("flush", "chain", "inet", "conclave", "input")
            #expect(flushed.status == 0, "\(flushed)")
            try await eventually("the chain's repair", within: 5) {
                try await client.tcp(to: Server.four, port: 23) == .dropped ? true : nil
            }
        }
    }

    @Test("the tables of others stay as they are, whatever we do; off removes all of ours, with and without a daemon")
    func ownTable() async throws {
        try await Self.run { (client, _, firewall) async throws in
            let made = try await firewall.nft(
                "table inet theirs { set s { type ipv4_addr; elements = { 192.0.2.1 }; }; chain c { type filter hook input priority 0; tcp dport 8080 drop; }; }"
            )
            #expect(made.status == 0, "\(made)")
            let before = try await firewall.nft("list", "table", "inet", "theirs").output
            _ = try firewall.apply(Self.mistake)
            _ = try firewall.apply(Self.before)
            firewall.kill()
            try await firewall.start()
            #expect(try await client.tcp(to: Server.four, ports: [22, 23, 8_080]) == [.open, .dropped, .dropped])
            #expect(try firewall.ask(.off).isDone)
            #expect(try await !firewall.hasTable())
            #expect(try await client.tcp(to: Server.four, ports: [22, 23, 8_080]) == [.open, .open, .dropped])
            #expect(try await firewall.nft("list", "table", "inet", "theirs").output == before)

            #expect(try firewall.apply(Self.before).isDone)
            #expect(try await firewall.hasTable())
            firewall.kill()
            let off = try await firewall.command("off")
            #expect(off.status == 0, "\(off)")
            #expect(try await !firewall.hasTable())
            #expect(try await firewall.nft("list", "table", "inet", "theirs").output == before)
        }
    }

    @Test("a new policy keeps the counters of the rules that stay, bans, and open connections")
    func reload() async throws {
        try await Self.run { (client, _, firewall) async throws in
            let session = try await client.session(to: Server.four, port: 22)
            let banned = ["10.77.0.11"].compactMap { IPAddress($0) }
            #expect(try firewall.ask(.ban(banned, seconds: 600, detail: "")).isDone)
            _ = try await client.tcp(to: Server.four, ports: Array(repeating: 23, count: 10))
            let packets = try await firewall.packets("rule_1")
            #expect(packets >= 10)
            for port in [UInt16(81), 82, 83] {
                #expect(
                    try firewall.apply(Self.before.with { $0.rules.insert(.block(7, .tcp, port...port), at: 0) }).isDone
                )
            }
            firewall.kill()
            try await firewall.start()
            #expect(try await firewall.packets("rule_1") >= packets)
            #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 22) == .dropped)
            #expect(await session.isAlive())
        }
    }

    @Test("SIGHUP takes the file as it is now, and keeps the old policy where the file is wrong")
    func hangUp() async throws {
        try await Self.run { (client, _, firewall) async throws in
            try "{ \"version\": 1, \"rules\": [ oops ] }".write(
                toFile: firewall.policyPath, atomically: true, encoding: .utf8)
            firewall.signal(SIGHUP)
            try await Task.sleep(for: .milliseconds(500))
            #expect(firewall.isRunning)
            #expect(try await client.tcp(to: Server.four, ports: [22, 23]) == [.open, .dropped])
            try firewall.write(Self.before.with { $0.rules.append(.block(2, .tcp, 8_080...8_080)) })
            firewall.signal(SIGHUP)
            try await eventually("the file's rules", within: 5) {
                try await client.tcp(to: Server.four, port: 8_080) == .dropped ? true : nil
            }
        }
    }

    @Test("off stays off: a hang-up and edits of rules change nothing in the kernel, until somebody says apply")
    func staysOff() async throws {
        try await Self.run { (client, _, firewall) async throws in
            #expect(try firewall.ask(.off).isDone)
            firewall.signal(SIGHUP)
            let change = PolicyChange(trial: .standard, isForced: true)
            #expect(try firewall.ask(.addRule(.block(9, .tcp, 8_080...8_080), .end, change)).isDone)
            #expect(try firewall.ask(.status).status?.state == .off)
            #expect(try await !firewall.hasTable())
            firewall.kill()
            try await firewall.start()
            #expect(try await !firewall.hasTable())
            #expect(try firewall.ask(.apply(text: nil, change)).isDone)
            #expect(try await client.tcp(to: Server.four, ports: [22, 23, 8_080]) == [.open, .dropped, .dropped])
        }
    }

    @Test(
        "what cannot be written is not confirmed: the trial goes on, the files say what was before, and so does a restart"
    )
    func unwritable() async throws {
        try await Self.run { (client, _, firewall) async throws in
            let changed = Self.before.with { $0.rules.append(.block(2, .tcp, 8_080...8_080)) }
            let manager = FileManager.default
            // Neither can be written while a folder is in its way, whatever rights one has.
            for path in [firewall.policyPath, firewall.statePath + "/policy.applied.json"] {
                let obstacle = path + ".new"
                try manager.createDirectory(atPath: obstacle + "/x", withIntermediateDirectories: true)
                #expect(try firewall.apply(changed, trial: .seconds(60)).isDone)
                let refused = try firewall.ask(.confirm)
                #expect(refused.failure?.message.contains(".new") == true, "\(refused)")
                #expect(try firewall.ask(.status).status?.state == .trial)
                #expect(try await client.tcp(to: Server.four, port: 8_080) == .dropped)
                #expect(try Self.onDisk(firewall) == Self.before)
                #expect(try firewall.ask(.revert).isDone)
                #expect(try !firewall.apply(changed).isDone)
                #expect(try await client.tcp(to: Server.four, port: 8_080) == .open)
                try manager.removeItem(atPath: obstacle)
                firewall.kill()
                try await firewall.start()
                #expect(try firewall.ask(.status).status?.problems == [])
                #expect(try await client.tcp(to: Server.four, ports: [23, 8_080]) == [.dropped, .open])
            }
            #expect(try firewall.apply(changed, trial: .seconds(60)).isDone)
            #expect(try firewall.ask(.confirm).isDone)
            #expect(try Self.onDisk(firewall) == changed)
        }
    }

    @Test("a protected table is nobody else's to change; a trial switches it on and off, and bans stay")
    func protected() async throws {
        try await Self.run { (client, _, firewall) async throws in
            let banned = ["10.77.0.11"].compactMap { IPAddress($0) }
            #expect(try firewall.ask(.ban(banned, seconds: 600, detail: "")).isDone)
            for isProtected in [true, false, true] {
                let policy = Self.before.with { $0.safety.isProtected = isProtected }
                #expect(try firewall.apply(policy, trial: .seconds(60)).isDone)
                let answer = try firewall.ask(.confirm)
                #expect(answer.isDone, "\(answer)")
                #expect(try firewall.ask(.status).status?.isProtected == isProtected)
                #expect(try await client.tcp(to: Server.four, ports: [22, 23]) == [.open, .dropped])
                #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 22) == .dropped)
            }
            #expect(try await firewall.nft("delete", "table", "inet", "conclave").status != 0)
            _ = try await firewall.nft("flush", "ruleset")
            #expect(try await client.tcp(to: Server.four, ports: [22, 23]) == [.open, .dropped])
            firewall.kill()
            try await firewall.start()
            #expect(try firewall.ask(.status).status?.isProtected == true)
            #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 22) == .dropped)
        }
    }
}
