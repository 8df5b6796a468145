import Firewall
import Foundation
import JSONText
import NetworkLab
import Testing

/// The built program.
private enum Program {
    static let path: String = {
        let bundle = ProcessInfo.processInfo.arguments.first { $0.hasSuffix(".xctest") } ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().path + "/conclave-firewall"
    }()

    static let ssh = "192.0.2.7 51234 192.0.2.1 22"

    static func run(_ arguments: [String]) throws -> LabResult {
        try LabProgram.result(of: [path] + arguments, environment: ["SSH_CONNECTION": ssh, "TZ": "UTC"])
    }

    /// A folder that is there during `body`.
    static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cli-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
}

@Suite("Commands and what they ask of the daemon")
struct CommandTests {
    static let ssh = SSHConnection(Program.ssh)
    static func change(_ trial: Trial = .standard, force: Bool = false) -> PolicyChange {
        PolicyChange(trial: trial, isForced: force, connection: ssh)
    }

    static func prefix(_ text: String) -> IPPrefix { IPPrefix(text) ?? IPPrefix(IPAddress(ipv4: 0)) }
    static let host = IPAddress(ipv4: 0xCB00_7109)

    static let commands: [([String], ControlRequest)] = [
        (["status"], .status), (["list"], .rules), (["bans"], .bans), (["stats"], .statistics),
        (["threats"], .threats), (["threats", "list"], .threats), (["defcon"], .posture), (["confirm"], .confirm),
        (["revert"], .revert), (["off"], .off), (["whitelist"], .list(.whitelist)),
        (["blacklist", "list"], .list(.blacklist)), (["threats", "accept", "feodo"], .acceptThreats(feed: "feodo")),
        (
            ["add", "Block Telnet", "block", "--protocol", "tcp", "--ports", "23"],
            .addRule(
                FirewallRule(id: 0, name: "Block Telnet", action: .block, transport: .tcp, ports: [23...23]), .end,
                change())
        ),
        (
            [
                "add", "Büro", "allow", "--ports", "80,443,5900-5910", "--direction", "both", "--from", "192.0.2.0/24",
                "--from", "2001:db8::/32", "--to", "198.51.100.7", "--interface", "wlan*", "--note", "for them",
                "--position", "1", "--disabled", "--confirm-seconds", "5", "--force",
            ],
            .addRule(
                FirewallRule(
                    id: 0, name: "Büro", action: .allow, ports: [80...80, 443...443, 5_900...5_910], direction: .both,
                    sources: [prefix("192.0.2.0/24"), prefix("2001:db8::/32")],
                    destinations: [prefix("198.51.100.7")], interface: "wlan*", isEnabled: false, note: "for them"),
                .place(1), change(.seconds(5), force: true))
        ),
        (["remove", "3", "--now"], .removeRule(3, change(.none))), (["toggle", "1"], .toggleRule(1, change())),
        (
            ["blacklist", "add", "198.51.100.0/24", "--for", "1h30m", "--note", "abuse"],
            .addToList(.blacklist, prefix("198.51.100.0/24"), seconds: 5_400, note: "abuse", change(.none))
        ),
        (
            ["whitelist", "add", "2001:db8::7"],
            .addToList(.whitelist, prefix("2001:db8::7"), seconds: nil, note: "", change(.none))
        ),
        (
            ["whitelist", "remove", "192.0.2.7", "--force"],
            .removeFromList(.whitelist, prefix("192.0.2.7"), change(.none, force: true))
        ),
        (["ban", "203.0.113.9"], .ban([host], seconds: nil, detail: "")),
        (
            ["ban", "203.0.113.9", "203.0.113.9", "--for", "7d", "--note", "x"],
            .ban([host, host], seconds: 604_800, detail: "x")
        ),
        (["unban", "203.0.113.9"], .unban(IPPrefix(host))),
        (["logs"], .logs(LogQuery())),
        (
            [
                "logs", "--type", "allowed", "--limit", "1", "--since", "2026-11-20T00:00:00Z", "--src", "10.0.0.0/8",
                "--port", "22", "--reason", "3",
            ],
            .logs(
                LogQuery(
                    .allowed, limit: 1, since: 1_795_132_800_000, source: prefix("10.0.0.0/8"), port: 22,
                    reason: "rule 3"))
        ),
        (["why", "203.0.113.9"], .why(WhyQuestion(host))),
        (["why", "203.0.113.9:22", "--out"], .why(WhyQuestion(host, port: 22, isOutbound: true))),
        (
            ["why", "[2001:db8::7]:53", "--protocol", "udp"],
            .why(WhyQuestion(prefix("2001:db8::7").first, port: 53, transport: .udp))
        ),
        (["why", "2001:db8::7"], .why(WhyQuestion(prefix("2001:db8::7").first))),
        (["why", "[2001:db8::7]"], .why(WhyQuestion(prefix("2001:db8::7").first))),
        (["apply"], .apply(text: nil, change())), (["apply", "--now"], .apply(text: nil, change(.none))),
        (["defcon", "1"], .setPosture(.lockdown, change())),
    ]

    @Test("ask exactly what is meant, with the connection that must live on", arguments: commands)
    func asks(_ arguments: [String], _ request: ControlRequest) throws {
        let socket = try CommandTestsSocket(.done("It is done."))
        let result = try Program.run(arguments + ["--socket", socket.path])
        #expect(result.errors == "")
        #expect(result.output == "It is done.\n")
        #expect(result.status == 0)
        #expect(try socket.requests.map { try ControlRequest(parsing: $0.utf8) } == [request])
    }

    @Test("say of what is reverted that it is taken back")
    func reverted() throws {
        let socket = try CommandTestsSocket(.change(ChangeAnswer("Posture 2")))
        #expect(try Program.run(["revert", "--socket", socket.path]).output == "Posture 2 is taken back.\n")
        #expect(try Program.run(["confirm", "--socket", socket.path]).output == "Posture 2 is in force.\n")
    }

    @Test("with --json give the answer as one object in a line")
    func json() throws {
        let answer = ControlAnswer.posture(.guarded)
        let socket = try CommandTestsSocket(answer)
        let result = try Program.run(["defcon", "--json", "--socket", socket.path])
        #expect(result.output == answer.line + "\n")
    }

    @Test("end with the status that the daemon's failure names", arguments: ControlFailure.Status.allCases)
    func failures(_ status: ControlFailure.Status) throws {
        let failure = ControlFailure(status, "No.", reasons: ["Your SSH session\u{1B}[2J"])
        let socket = try CommandTestsSocket(.failure(failure))
        let plain = try Program.run(["remove", "3", "--socket", socket.path])
        #expect(plain.status == Int32(status.rawValue))
        #expect(plain.output == "")
        #expect(plain.errors == "conclave-firewall: No.\n  ✗ Your SSH session\\x1b[2J\n")
        let json = try Program.run(["remove", "3", "--json", "--socket", socket.path])
        #expect(json.status == Int32(status.rawValue))
        #expect(json.output == failure.line + "\n")
    }

    @Test("show each packet that comes while they follow the log")
    func follow() throws {
        let rows = (1...3).map { id in
            PacketRow(id: Int64(id), reason: "ban", packet: LoggedPacket(prefix: "cfw:ban", time: 0, source: Self.host))
        }
        let socket = try CommandTestsSocket(rows.map { ControlAnswer.logs([$0]).line })
        let result = try Program.run(["logs", "--follow", "--socket", socket.path])
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.last == "1970-01-01T00:00:00.000Z\tban\t0\t203.0.113.9\t\t\t\t0\t")
        #expect(result.status == 69)
        #expect(result.errors.contains("The daemon was stopped."))
    }

    @Test(
        "do not believe an answer that is none",
        arguments: ["", "hello", "{\"ok\":true}", "{\"ok\":true,\"answer\":\"bans\",\"bans\":[{}]}"])
    func nonsense(_ line: String) throws {
        let socket = try CommandTestsSocket([line])
        let result = try Program.run(["bans", "--socket", socket.path])
        #expect(result.status == 1)
        #expect(result.errors.contains("is not understood"))
    }

    @Test(
        "refuse what cannot be, before anybody is asked",
        arguments: [
            [], ["lst"], ["add", "x"], ["add", "x", "drop"], ["add", "x", "block", "--ports", "0"],
            ["add", "x", "block", "--ports", "9-8"], ["add", "x", "block", "--protocol", "icmp", "--ports", "8"],
            ["add", "x", "block", "--position", "0"], ["remove", "0"], ["remove", "x"], ["toggle"],
            ["whitelist", "add", "10.0.0.1/8"], ["whitelist", "add", "everybody"],
            ["whitelist", "add", "10.0.0.1", "--for", "0s"], ["ban"], ["ban", "10.0.0.0/8"],
            ["ban", "10.0.0.1", "--for", "tomorrow"], ["logs", "--limit", "0"], ["logs", "--limit", "10001"],
            ["logs", "--since", "yesterday"], ["logs", "--port", "1-2"], ["logs", "--reason", "bad"],
            ["logs", "--type", "all"], ["stats", "--interval", "0"], ["why"], ["why", "10.0.0.1:0"],
            ["why", "[::1"], ["why", "[::1]22"], ["why", "10.0.0.1:22", "--protocol", "icmp"], ["defcon", "0"],
            ["defcon", "6"], ["apply", "--now", "--confirm-seconds", "9"], ["apply", "--confirm-seconds", "4"],
            ["completions", "tcsh"], ["show", "--posture", "9"],
        ])
    func usage(_ arguments: [String]) throws {
        let result = try Program.run(arguments)
        // Without a command it says what there is.
        #expect(result.status == (arguments.isEmpty ? 0 : 64))
        #expect(result.errors.contains("Usage: ") || arguments.isEmpty)
    }
}

@Suite("Commands that need no daemon")
struct CommandTestsWithoutDaemon {
    @Test(
        "say that the daemon does not run, and how to start it, with status 69",
        arguments: ["status", "list", "bans", "stats", "confirm"])
    func notRunning(_ command: String) throws {
        try Program.withFolder { folder in
            let result = try Program.run([command, "--socket", folder + "/s"])
            #expect(result.status == 69)
            #expect(
                result.errors
                    == "conclave-firewall: The daemon does not run: nobody answers on \(folder)/s. Start it: sudo systemctl start conclave-firewall\n"
            )
            let json = try Program.run([command, "--json", "--socket", folder + "/s"])
            #expect(json.status == 69)
            #expect(try JSONNode(parsing: json.output)["status"]?.int == 69)
        }
    }

    @Test("init writes the standard policy once, and check finds nothing wrong with it")
    func initializes() throws {
        try Program.withFolder { folder in
            let path = folder + "/etc/policy.json"
            let first = try Program.run(["init", "--policy", path])
            #expect(first.status == 0, "\(first.errors)")
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(try Policy(parsing: text.utf8, name: "policy.json") == Policy.standard)
            let second = try Program.run(["init", "--policy", path])
            #expect(second.status == 1)
            #expect(second.errors.contains("is there already and stays as it is"))
            let check = try Program.run(["check", path, "--socket", folder + "/s"])
            #expect(check.status == 0)
            #expect(check.output.hasPrefix("OK  "))
        }
    }

    @Test("check names line, field and remedy of what is wrong: 78")
    func checkFindsErrors() throws {
        try Program.withFolder { folder in
            let path = folder + "/policy.json"
            let wrong = Policy.standard.json.replacing("\"3389\"", with: "\"338900\"")
            try wrong.write(toFile: path, atomically: true, encoding: .utf8)
            let result = try Program.run(["check", path, "--socket", folder + "/s"])
            #expect(result.status == 78)
            #expect(result.output == "")
            #expect(result.errors.contains("policy.json:"))
            #expect(result.errors.contains("rules[4].ports"))
            #expect(result.errors.contains("write a number from 1 to 65535"))
            let apply = try Program.run(["apply", path, "--socket", folder + "/s"])
            #expect(apply.status == 78)
        }
    }

    @Test("check refuses a policy that would end the SSH session: 3")
    func checkRefuses() throws {
        try Program.withFolder { folder in
            var policy = Policy.standard
            policy.blacklist = [ListEntry(IPPrefix(IPAddress(ipv4: 0xC000_0207)))]
            let path = folder + "/policy.json"
            try policy.json.write(toFile: path, atomically: true, encoding: .utf8)
            let result = try Program.run(["check", path, "--socket", folder + "/s"])
            #expect(result.status == 3)
            #expect(result.output.hasPrefix("REFUSED  "))
            #expect(result.output.contains("Your SSH session from 192.0.2.7 to port 22 would be cut"))
            let json = try Program.run(["check", path, "--json", "--socket", folder + "/s"])
            #expect(json.status == 3)
            guard case .check(let answer) = try ControlAnswer(parsing: json.output.utf8.dropLast()) else {
                Issue.record("not the answer to check")
                return
            }
            #expect(!answer.refusals.isEmpty)
        }
    }

    @Test("the SSH session is found behind a program that does not hand SSH_CONNECTION on, as sudo")
    func findsSession() throws {
        try Program.withFolder { folder in
            var policy = Policy.standard
            policy.blacklist = [ListEntry(IPPrefix(IPAddress(ipv4: 0xC000_0207)))]
            let path = folder + "/policy.json"
            try policy.json.write(toFile: path, atomically: true, encoding: .utf8)
            // Behind the command there is another, so that the shell stays its parent.
            let script = "env -u SSH_CONNECTION \(Program.path) check \(path) --socket \(folder)/s; exit $?"
            let result = try LabProgram.result(
                of: ["/bin/sh", "-c", script], environment: ["SSH_CONNECTION": Program.ssh])
            #expect(result.status == 3)
            #expect(result.output.contains("Your SSH session from 192.0.2.7"))
        }
    }

    @Test("a file that is missing is 66", arguments: ["check", "apply"])
    func missing(_ command: String) throws {
        let result = try Program.run([command, "/nonexistent/policy.json"])
        #expect(result.status == 66)
        #expect(result.errors.contains("No such file or directory"))
    }

    @Test("show writes what nft would say")
    func shows() throws {
        try Program.withFolder { folder in
            let path = folder + "/policy.json"
            _ = try Program.run(["init", "--policy", path])
            let result = try Program.run(["show", "--policy", path])
            #expect(result.status == 0)
            #expect(result.output.hasPrefix("table inet conclave {\n"))
            #expect(result.output.hasSuffix("}\n"))
            let json = try Program.run(["show", "--policy", path, "--json"])
            #expect(try JSONNode(parsing: json.output)["nft"]?.string == result.output)
            let lockdown = try Program.run(["show", "--policy", path, "--posture", "1"])
            #expect(lockdown.output != result.output)
        }
    }

    @Test("completions know the commands", arguments: ["bash", "zsh", "fish"])
    func completions(_ shell: String) throws {
        let result = try Program.run(["completions", shell])
        #expect(result.status == 0)
        for word in ["whitelist", "defcon", "confirm-seconds"] { #expect(result.output.contains(word)) }
    }

    @Test("the bash completions are a script that bash reads")
    func bash() throws {
        try Program.withFolder { folder in
            let script = folder + "/c"
            try Program.run(["completions", "bash"]).output.write(toFile: script, atomically: true, encoding: .utf8)
            let result = try LabProgram.result(of: ["/bin/bash", "-n", script])
            #expect(result.status == 0, "\(result.errors)")
        }
    }
}
