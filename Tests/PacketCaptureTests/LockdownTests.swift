import Foundation
import Glibc
import PacketCapture
import Testing

@Suite("What the program gives up", .serialized) struct LockdownTests {
    /// `tlsmon`, where anybody may run it.
    private final class PublicProgram {
        let path: String

        init() throws {
            path =
                FileManager.default.temporaryDirectory.appendingPathComponent("conclave-\(UUID().uuidString)-tlsmon")
                .path
            try FileManager.default.copyItem(atPath: Program.path, toPath: path)
            chmod(path, 0o755)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    /// What /proc says of a process that has run for a while.
    private func status(_ arguments: [String], program: String) throws -> [String: String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        var fields: [String: String] = [:]
        for _ in 0..<100 where fields["Seccomp"] != "2" && process.isRunning {
            usleep(50_000)
            let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 {
                    fields[String(parts[0])] = parts[1].split(separator: "\t").first.map(String.init)
                }
            }
        }
        return fields
    }

    private static let isRoot = getuid() == 0
    private static let hasSetpriv = FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")

    @Test(
        "a capture as root goes on as nobody, with no capability and few system calls",
        .enabled(if: isRoot && Rights.mayCapture, "needs root"))
    func root() throws {
        let fields = try status(["live", "-i", "lo", "tcp port 1"], program: Program.path)
        #expect(fields["Uid"] == "65534" && fields["Gid"] == "65534")
        for name in ["CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"] {
            #expect(fields[name] == "0000000000000000", "\(name)")
        }
        #expect(fields["NoNewPrivs"] == "1")
        #expect(fields["Seccomp"] == "2")
    }

    @Test(
        "a capture with CAP_NET_RAW alone gives that up, too",
        .enabled(if: isRoot && hasSetpriv && Rights.mayCapture, "needs root and setpriv"))
    func capability() throws {
        let program = try PublicProgram()
        let asNobody = [
            "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+net_raw",
            "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw",
        ]
        let fields = try status(
            asNobody + [program.path, "live", "-i", "lo", "tcp port 1"], program: "/usr/bin/setpriv")
        #expect(fields["Uid"] == "65534" && fields["NoNewPrivs"] == "1" && fields["Seccomp"] == "2")
        for name in ["CapEff", "CapPrm", "CapAmb"] { #expect(fields[name] == "0000000000000000", "\(name)") }
    }

    @Test("reading a file is locked down as well, while it is read") func reading() throws {
        let pipe = try TemporaryFile(name: "pipe")
        unlink(pipe.path)
        try #require(mkfifo(pipe.path, 0o644) == 0)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = ["read", pipe.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let end = open(pipe.path, O_WRONLY)
        try #require(end >= 0)
        var file = CaptureBytes.pcap()
        file.record([1, 2, 3])
        #expect(Glibc.write(end, file.bytes, file.bytes.count) == file.bytes.count)
        var text = ""
        for _ in 0..<100 where !text.contains("Seccomp:\t2") {
            usleep(50_000)
            text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        }
        #expect(
            text.contains("Seccomp:\t2") && text.contains("NoNewPrivs:\t1")
                && text.contains("CapEff:\t0000000000000000"))
        close(end)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test("locked down, it can neither write files, nor connect, nor start programs", arguments: [false, true])
    func trial(asNobody: Bool) throws {
        let program = try PublicProgram()
        guard !asNobody || Self.isRoot && Self.hasSetpriv else { return }
        let outcome =
            asNobody
            ? try Program.run(
                ["--reuid=65534", "--regid=65534", "--clear-groups", program.path, "list", "--lockdown"],
                program: "/usr/bin/setpriv")
            : try Program.run(["list", "--lockdown"], program: program.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("locked down: "))
        for what in [
            "open /etc/passwd to write to it", "make a file in /tmp", "open a packet socket", "start another program",
            "become another program", "open a connection",
        ] { #expect(outcome.output.contains("cannot: \(what): "), "\(what)\n\(outcome.output)") }
        #expect(!outcome.output.contains("can:    open"))
        #expect(outcome.output.contains("CapEff:\t0000000000000000") && outcome.output.contains("Seccomp:\t2"))
    }

    @Test("without the lock, the same things are possible: the trial can fail", .enabled(if: isRoot, "needs root"))
    func control() {
        let file = open("/etc/passwd", O_WRONLY | O_APPEND)
        #expect(file >= 0)
        close(file)
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #expect(connection >= 0)
        close(connection)
    }

    @Test("standard input is read, also packed, and gives the same verdict") func standardInput() throws {
        var file = CaptureBytes.pcap()
        for _ in 0..<3 { file.record([UInt8](repeating: 0, count: 60)) }
        for bytes in [file.bytes, try GzipTests.pack(file.bytes)] {
            let stored = try TemporaryFile(bytes)
            let piped = try Program.run(["-c", "cat \(stored.path) | \(Program.path) prove -"], program: "/bin/sh")
            let read = try Program.run(["prove", stored.path])
            #expect(piped.status == 2 && read.status == 2)
            #expect(piped.output.replacingOccurrences(of: stored.path, with: "-").hasPrefix("INCONCLUSIVE"))
            #expect(piped.errors.isEmpty, "\(piped.errors)")
        }
    }

    @Test("a damaged file is told with what came before, and is never proven") func damaged() throws {
        var file = CaptureBytes.pcap()
        file.record([UInt8](repeating: 0, count: 60))
        file.record([1], length: 0x7FFF_FFFF)
        let stored = try TemporaryFile(file.bytes)
        let outcome = try Program.run(["prove", stored.path])
        #expect(outcome.status == 2)
        #expect(
            outcome.output.contains("the capture file is damaged at byte 100: a packet of 2147483647 bytes"),
            "\(outcome.output)")
    }

    @Test(
        "as root a series is begun by whom the program becomes, or not at all",
        .enabled(if: isRoot && Rights.mayCapture, "needs root"))
    func series() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("conclave-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func capture(_ more: [String]) throws -> Program.Outcome {
            try Program.run(
                [
                    "prove", "-i", "lo", "-i", "any", "--duration", "0.3", "-b", "filesize:1000", "-w",
                    folder + "/talk.pcapng",
                ] + more + ["tcp port 1"])
        }
        func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder) }
        // Nobody may not write to root's folder.
        let refused = try capture([])
        #expect(
            refused.status == 3 && refused.errors.contains("name with -Z the user whom the folder belongs to"),
            "\(refused.errors)")
        #expect(try names().isEmpty)
        let asRoot = try capture(["-Z", "root"])
        #expect(asRoot.status == 2 && asRoot.errors.contains("capturing on lo, any (tcp port 1)"), "\(asRoot.errors)")
        let name = try #require(try names().first)
        #expect(asRoot.output.contains(name))
        #expect(try ReadCapture(folder + "/" + name).damage == nil)
        try #require(chown(folder, 65_534, 65_534) == 0)
        #expect(try capture(["-Z", "nobody"]).status == 2)
        #expect(try names().count == 2)
        #expect(try capture(["-Z", "no such user"]).errors.contains("there is no user no such user"))
    }

    @Test(
        "an interface that goes away ends the capture, with what was captured",
        .enabled(if: isRoot && Rights.mayCapture, "needs root"))
    func interfaceGone() throws {
        let kept = try TemporaryFile(name: "kept.pcapng")
        // In a network of its own, whose only interface is removed while it is captured on.
        let script = """
            ip link add d0 type veth peer name d1 || exit 77
            ip link set d1 up; ip link set d0 up; ip addr add 192.0.2.1/24 dev d0
            \(Program.path) prove -i d0 -w \(kept.path) -a duration:20 &
            sleep 1; bash -c 'echo x > /dev/udp/192.0.2.9/9'; sleep 0.5
            ip link del d0
            wait $!
            """
        let outcome = try Program.run(["-n", "/bin/sh", "-c", script], program: "/usr/bin/unshare")
        // Where no such interface can be made.
        if outcome.status == 77 || outcome.errors.contains("unshare failed") { return }
        #expect(outcome.status == 2, "\(outcome.errors)")
        #expect(
            outcome.errors.contains("capturing ended before its time on d0: The interface disappeared"),
            "\(outcome.errors)")
        #expect(try !ReadCapture(kept.path).packets.isEmpty)
    }
}
