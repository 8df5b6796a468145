import Foundation
import Glibc
import TLSMonitor
import Testing

@Suite("The program tlsmon") struct ProgramTests {
    @Test("is built beside the tests") func isBuilt() {
        #expect(FileManager.default.isExecutableFile(atPath: Program.path), "\(Program.path)")
    }

    @Test(
        "prove exits with its verdict: 0, 1, 2", .enabled(if: Vectors.mayRun, "there are no captures"),
        arguments: [
            ("tls1.3_aes128.pcap", 0, "PROVEN"), ("latest.pcapng", 1, "REFUTED"), ("tls12.pcap", 2, "INCONCLUSIVE"),
        ]
            as [(String, Int32, String)])
    func verdicts(name: String, status: Int32, word: String) throws {
        let file = Vectors.folder.appendingPathComponent(name).path
        let outcome = try Program.run(["prove", file])
        #expect(outcome.status == status)
        #expect(outcome.output.hasPrefix(word + "  "))
        #expect(outcome.errors.isEmpty)
        #expect(!outcome.output.contains("\u{1B}"))
        let json = try Program.run(["prove", "--json", file])
        #expect(json.status == status)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["verdict"] as? String == word.lowercased())
        let ledger = try #require(object["ledger"] as? [String: Int])
        #expect(ledger.values.reduce(0, +) == object["payload"] as? Int)
        let captures = try #require(object["captures"] as? [[String: String]])
        #expect(captures.first?["sha256"]?.count == 64)
    }

    @Test(
        "read tells every record, and exits 1 only for what refutes",
        .enabled(if: Vectors.mayRun, "there are no captures"))
    func read() throws {
        let good = Vectors.folder.appendingPathComponent("tls1.3_aes128.pcap").path
        let lines = try Program.run(["read", good])
        #expect(lines.status == 0)
        #expect(lines.output.contains("ClientHello  234 B  offers TLS 1.3 · server name 127.0.0.1"))
        #expect(lines.output.contains("both sides have keys, after"))
        let json = try Program.run(["read", "--json", good])
        let objects = try json.output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(objects.filter { $0["t"] as? String == "record" }.count == 18)
        #expect(objects.filter { $0["t"] as? String == "flow" }.count == 1)
        #expect(objects.last?["t"] as? String == "verdict")
        let doubtful = Vectors.folder.appendingPathComponent("tls12.pcap").path
        #expect(try Program.run(["read", doubtful]).status == 0)
        #expect(try Program.run(["read", Vectors.folder.appendingPathComponent("latest.pcapng").path]).status == 1)
    }

    @Test(
        "a filter hides packets, and what is hidden proves nothing",
        .enabled(if: Vectors.mayRun, "there are no captures"))
    func filters() throws {
        let file = Vectors.folder.appendingPathComponent("tls1.3_aes128.pcap").path
        #expect(try Program.run(["prove", file, "tcp"]).status == 0)
        #expect(try Program.run(["prove", file, "udp"]).status == 2)
        #expect(try Program.run(["prove", file, "tcp", "src", "port", "1"]).status == 2)
        let bad = try Program.run(["prove", file, "port banana"])
        #expect(bad.status == 3)
        #expect(bad.errors.contains("the filter \"port banana\" is not understood"))
    }

    @Test("a marker that is on the wire refutes", .enabled(if: Vectors.mayRun, "there are no captures"))
    func markers() throws {
        let file = Vectors.folder.appendingPathComponent("tls1.3_aes128.pcap").path
        // The server name is in the clear.
        let found = try Program.run(["prove", file, "--marker", "127.0.0.1"])
        #expect(found.status == 1)
        #expect(found.output.contains("the marker \"127.0.0.1\" is on the wire (as it is)"))
        let clean = try Program.run(["prove", file, "--marker", "meet at noon"])
        #expect(clean.status == 0)
        #expect(clean.output.contains("the same search found 21 of 21 in a copy that has them"))
        #expect(try Program.run(["prove", file, "--marker", "short"]).status == 3)
    }

    @Test("with the keys, what is inside is shown", .enabled(if: Vectors.mayRun, "there are no captures"))
    func keys() throws {
        let file = Vectors.folder.appendingPathComponent("tls1.3_keyupdates_aes256.pcap").path
        let keys = Vectors.folder.appendingPathComponent("ssldump.keylog").path
        let opened = try Program.run(["read", file, "--keylog", keys])
        #expect(opened.status == 0)
        #expect(opened.output.contains("[CertificateVerify  146 B]"))
        #expect(opened.output.contains("[KeyUpdate  5 B]"))
        #expect(opened.output.contains("20 of 20 encrypted records for which there are keys were opened"))
        let json = try Program.run(["read", "--json", file, "--keylog", keys])
        #expect(
            json.output.contains(
                #""auth":true,"inner":22,"inner_len":6,"pad":0,"hs":[8],"msgs":["EncryptedExtensions"]"#))
        let guessed = try Program.run(["read", file]).output
        #expect(!guessed.contains("[CertificateVerify") && guessed.contains("  inferred "))
        let none = try Program.run(["read", file, "--keylog", file])
        #expect(none.status == 3)
        #expect(none.errors.contains("holds no secret of a TLS session"))
        #expect(try Program.run(["prove", file, "--keylog", "/nowhere/at all"]).status == 3)
    }

    @Test("a file that cannot be read is told, with 3") func badFiles() throws {
        let missing = try Program.run(["prove", "/nowhere/at all"])
        #expect(missing.status == 3)
        #expect(missing.errors == "tlsmon: /nowhere/at all cannot be read: No such file or directory\n")
        #expect(missing.output.isEmpty)
        let text = try TemporaryFile(Array("no capture".utf8))
        let stranger = try Program.run(["read", text.path])
        #expect(stranger.status == 3)
        #expect(stranger.errors.contains("is no capture file: neither pcap nor pcapng"))
        var damaged = CaptureBytes.pcapng()
        damaged.block(6) { $0.add32(0) }
        let file = try TemporaryFile(damaged.bytes)
        let broken = try Program.run(["prove", file.path])
        #expect(broken.status == 3)
        #expect(broken.errors.contains("is damaged at byte 28: a packet"))
        let empty = try TemporaryFile(CaptureBytes.pcap().bytes)
        #expect(try Program.run(["prove", empty.path]).status == 2)
    }

    @Test(
        "wrong usage exits with 3",
        arguments: [
            ["prove"], ["read"], ["live"], ["frobnicate"], ["prove", "--frobnicate"], ["live", "-i"], ["fp"],
            ["conform"], ["leak"], ["read", "-r"], ["read", "x", "-T", "xml"], ["read", "x", "-T", "fields"],
            ["read", "x", "--json", "-T", "text"], ["read", "x", "-T", "text", "-e", "sni"],
            ["prove", "x", "-i", "lo", "-r", "y"],
            ["prove", "x", "-w", "y"], ["prove", "x", "--canary", "a long text"],
            ["prove", "x", "-T", "fields", "-e", "sni"],
            ["read", "x", "-o", "nonsense"], ["read", "x", "--alarm-limit", "scan-ports"],
            ["live", "-i", "lo", "-a", "nonsense"], ["live", "-i", "lo", "-b", "files:3"],
            ["fp", "x", "-T", "fields", "-e", "sni"],
        ])
    func usage(arguments: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 3)
        #expect(!outcome.errors.isEmpty)
        #expect(outcome.output.isEmpty)
    }

    @Test("a field that is none is refused, with the nearest one")
    func unknownField() throws {
        let outcome = try Program.run(["read", "-r", "x", "-T", "fields", "-e", "frame.numbr"])
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("there is no field frame.numbr; did you mean frame.number?"))
        let help = try Program.run(["read", "-e", "help"])
        #expect(help.status == 0 && help.output.contains("tls.handshake.ja4"))
    }

    @Test(
        "who comes to the chat port for the first time is an alarm, unless it is known",
        .enabled(if: Vectors.mayRun, "there are no captures"))
    func newTalker() throws {
        let file = Vectors.folder.appendingPathComponent("tls1.3_aes128.pcap").path
        let options = ["read", file, "-T", "json", "--chat-port", "4433"]
        let unknown = try Program.run(options + ["--alarm-limit", "learn-seconds=0"])
        #expect(unknown.output.contains(#""alarm":"new_talker""#))
        #expect(try !Program.run(options + ["--known", "127.0.0.1"]).output.contains("new_talker"))
        #expect(try Program.run(options + ["--known", "::1"]).output.contains("new_talker"))
        #expect(try Program.run(options + ["--known", "localhost"]).status == 3)
    }

    @Test(
        "rules, fingerprints and leaks are tables of their own", .enabled(if: Vectors.mayRun, "there are no captures"))
    func tables() throws {
        let file = Vectors.folder.appendingPathComponent("tls1.3_aes128.pcap").path
        let kept = try Program.run(["conform", "-r", Vectors.folder.appendingPathComponent("tls12.pcap").path])
        #expect(kept.status == 0 && kept.output.contains("✓ kept") && kept.output.contains("CONFORMS  "))
        // Its client asks for an address by name.
        let rules = try Program.run(["conform", "-r", file])
        #expect(rules.status == 1 && rules.output.contains("server_name_form") && rules.output.contains("BROKEN  "))
        let json = try Program.run(["conform", "-r", file, "-T", "json"])
        #expect(json.status == 1 && json.output.contains(#""state":"kept""#))
        #expect(json.output.split(separator: "\n").count > 50)
        #expect(try Program.run(["fp", file]).output.contains("t13d021000_ec078ce24869_78f1d400d464"))
        let leak = try Program.run(["leak", file])
        #expect(leak.status == 0 && leak.output.hasPrefix("LEAK "))
    }

    @Test("alarms are told, filed, and counted with --strict", .enabled(if: Vectors.mayRun, "there are no captures"))
    func alarms() throws {
        let file = Vectors.folder.appendingPathComponent("tls-handshake.pcapng").path
        let filed = try TemporaryFile(name: "alarms")
        let usual = try Program.run(["read", file, "-T", "json", "--alarm-file", filed.path])
        let alarms = usual.output.split(separator: "\n").filter { $0.hasPrefix(#"{"t":"alarm""#) }
        #expect(!alarms.isEmpty)
        let lines = try String(contentsOfFile: filed.path, encoding: .utf8).split(separator: "\n")
        #expect(lines == alarms)
        #expect(try Program.run(["read", "-q", file, "--strict"]).status == 1)
        #expect(try Program.run(["read", "-q", file]).status == usual.status)
    }

    @Test("-q leaves out the records, and of prove everything", .enabled(if: Vectors.mayRun, "there are no captures"))
    func quiet() throws {
        let file = Vectors.folder.appendingPathComponent("tls1.3_aes128.pcap").path
        let read = try Program.run(["read", "-q", file])
        #expect(read.output.contains("PROVEN") && !read.output.contains("ClientHello"))
        let prove = try Program.run(["prove", "-q", file])
        #expect(prove.status == 0 && prove.output.isEmpty && prove.errors.isEmpty)
        #expect(try Program.run(["prove", "-q", Vectors.folder.appendingPathComponent("tls12.pcap").path]).status == 2)
    }

    @Test("help and version exit with 0", arguments: [["--help"], ["prove", "--help"], ["--version"]])
    func help(arguments: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 0)
        #expect(!outcome.output.isEmpty)
    }

    @Test("list shows the loopback interface, where it may") func list() throws {
        let outcome = try Program.run(["list"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("lo"))
        #expect(try Program.run(["list", "--json"]).status == 0)
    }

    @Test("an interface that is not there is told, with 3", .enabled(if: Rights.mayCapture, "CAP_NET_RAW is missing"))
    func noInterface() throws {
        let outcome = try Program.run(["live", "-i", "nowhere0"])
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("there is no interface nowhere0; tlsmon list shows them"))
    }

    @Test(
        "capturing without the right to is told, with 3 and the remedy",
        .enabled(if: Rights.canBeGivenUp, "needs setpriv"))
    func noPermission() throws {
        // Where a stranger may read it.
        let folder = try TemporaryFile(name: "tlsmon")
        try FileManager.default.removeItem(atPath: folder.path)
        try FileManager.default.copyItem(atPath: Program.path, toPath: folder.path)
        chmod(folder.path, 0o755)
        let asNobody = getuid() == 0 ? ["--reuid=65534", "--regid=65534", "--clear-groups"] : []
        let outcome = try Program.run(
            asNobody + ["--inh-caps=-all", folder.path, "live", "-i", "lo"], program: "/usr/bin/setpriv")
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("capturing on lo is not permitted"), "\(outcome.errors)")
        #expect(outcome.errors.contains("setcap cap_net_raw+ep"))
    }
}

/// What these tests may do here.
enum Rights {
    static let mayCapture: Bool = {
        let outcome = try? Program.run(["prove", "-i", "lo", "--duration", "0"])
        return outcome.map { $0.status != 3 } ?? false
    }()

    static let canBeGivenUp = FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")
}
