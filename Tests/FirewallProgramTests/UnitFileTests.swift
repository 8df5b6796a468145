import Foundation
import NetworkLab
import Testing

@Suite("the firewall's systemd units")
struct UnitFileTests {
    private static let config =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/Config"
    static let hasSystemd = Machine.has("systemd-analyze")

    private static func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(config)/\(name)", encoding: .utf8)
    }

    @Test(
        "systemd counts little that they could do (at most 2.0 of 10)",
        .enabled(if: hasSystemd, "systemd-analyze is missing"),
        arguments: ["conclave-firewall.service", "conclave-feeds.service"])
    func exposure(unit: String) throws {
        let result = try LabProgram.result(of: [
            "systemd-analyze", "security", "--offline=true", "--no-pager", "\(Self.config)/\(unit)",
        ])
        let match = try #require(
            result.output.firstMatch(of: /exposure level for [^:]+: ([0-9.]+)/)
                ?? result.errors.firstMatch(of: /exposure level for [^:]+: ([0-9.]+)/),
            "\(result)")
        let level = try #require(Double(match.1))
        #expect(level <= 2.0)
        print("\(unit): exposure \(level)")
    }

    @Test("systemd finds no fault with any of them", .enabled(if: hasSystemd, "systemd-analyze is missing"))
    func verified() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("conclave-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let units = try FileManager.default.contentsOfDirectory(atPath: Self.config).filter {
            ($0.hasPrefix("conclave-firewall") || $0.hasPrefix("conclave-feeds"))
                && ($0.hasSuffix(".service") || $0.hasSuffix(".socket"))
        }
        #expect(units.count == 5)
        // The programs need not be installed here.
        for unit in units {
            try Self.text(unit).replacing(/\/usr\/local\/bin\/conclave-[a-z]+/, with: "/bin/true").write(
                toFile: "\(folder)/\(unit)", atomically: true, encoding: .utf8)
        }
        let result = try LabProgram.result(of: ["systemd-analyze", "verify"] + units.map { "\(folder)/\($0)" })
        let faults = result.errors.split(separator: "\n").filter { $0.contains("conclave-f") }
        #expect(faults.isEmpty, "\(faults)")
    }

    @Test(
        "each unit starts its program with options that the program has",
        arguments: ["conclave-firewall", "conclave-feeds"])
    func command(program: String) throws {
        let text = try Self.text("\(program).service")
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
        let words = line.dropFirst("ExecStart=".count).split(separator: " ").map(String.init)
        #expect(words.prefix(2) == ["/usr/local/bin/\(program)", "run"])
        let folder = URL(fileURLWithPath: FeedsProgram.path).deletingLastPathComponent().path
        let help = try LabProgram.result(of: ["\(folder)/\(program)", "run", "--help"]).output
        let options = words.filter { $0.hasPrefix("--") }
        #expect(options.count >= 2)
        for option in options { #expect(help.contains("\(option) <"), "\(option)") }
        // Both tell systemd when they are ready.
        #expect(text.contains("\nType=notify\n"))
    }

    @Test("the daemon has one right, the fetcher has none, and each socket is one user's alone")
    func rights() throws {
        let daemon = try Self.text("conclave-firewall.service")
        #expect(daemon.contains("\nCapabilityBoundingSet=CAP_NET_ADMIN\n"))
        #expect(daemon.contains("\nAmbientCapabilities=CAP_NET_ADMIN\n"))
        #expect(daemon.contains("\nUser=conclave-fw\n") && !daemon.contains("\nExecStop="))
        // It would hide boot_id, without which bans cannot tell a restart of the machine from one of the daemon.
        #expect(!daemon.contains("\nProcSubset="))
        let feeds = try Self.text("conclave-feeds.service")
        #expect(feeds.contains("\nCapabilityBoundingSet=\n") && feeds.contains("\nAmbientCapabilities=\n"))
        for (name, user) in [("control", "root"), ("chat", "conclave"), ("monitor", "root")] {
            let socket = try Self.text("conclave-firewall-\(name).socket")
            #expect(socket.contains("\nSocketMode=0600\n") && socket.contains("\nSocketUser=\(user)\n"))
            #expect(socket.contains("\nFileDescriptorName=\(name)\n"))
        }
    }
}
