import ControlSocket
import Firewall
import Glibc
import Testing

@Suite("the daemon's side of a socket")
struct ControlServerTests {
    private let folder: SocketFolder
    private let server: ControlServer
    private let path: String

    init() throws {
        folder = try SocketFolder()
        path = folder.socket("chat")
        server = ControlServer([try ControlListener(path: path, role: .chat)])
    }

    /// A connected client, as bytes.
    private func connect() throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        let code = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(client, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(code == 0)
        return client
    }

    private func say(_ text: String, on client: Int32) -> Int {
        let bytes = Array(text.utf8)
        return send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private func text(_ lines: [(peer: ControlPeer, line: [UInt8])]) -> [String] {
        lines.map { String(decoding: $0.line, as: UTF8.self) }
    }

    private func heard(on client: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = recv(client, &bytes, bytes.count, 0)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    @Test("puts lines together however they are cut, and passes over empty ones")
    func lines() throws {
        let client = try connect()
        defer { close(client) }
        var lines: [String] = []
        for part in ["{\"a", "\":1}\n\n{\"b\":2}\n{\"c\"", ":3}", "\n"] {
            #expect(say(part, on: client) == part.utf8.count)
            var turns = 0
            lines += text(
                SocketTrial.turn(server) {
                    turns += 1; return turns > 4
                })
        }
        #expect(lines == [#"{"a":1}"#, #"{"b":2}"#, #"{"c":3}"#])
    }

    @Test("answers go to the one who asked")
    func answers() throws {
        let first = try connect(), second = try connect()
        defer {
            close(first)
            close(second)
        }
        _ = SocketTrial.turn(server) { server.peers.count == 2 }
        _ = say("one\n", on: first)
        _ = say("two\n", on: second)
        var answered = 0
        for _ in 0..<100 where answered < 2 {
            for (peer, line) in SocketTrial.turn(server, until: { true }) + turnOnce() {
                peer.send("to " + String(decoding: line, as: UTF8.self), SteadyClock.milliseconds())
                answered += 1
            }
        }
        #expect(heard(on: first) == "to one\n")
        #expect(heard(on: second) == "to two\n")
    }

    private func turnOnce() -> [(peer: ControlPeer, line: [UInt8])] {
        var turns = 0
        return SocketTrial.turn(server) {
            turns += 1; return turns > 1
        }
    }

    @Test("a line without an end is cut off at 64 KiB, and the client is told")
    func endlessLine() throws {
        let client = try connect()
        defer { close(client) }
        let part = String(repeating: "x", count: 8_192)
        var lines: [String] = []
        for _ in 0..<9 {
            _ = say(part, on: client)
            lines += text(turnOnce())
        }
        lines += text(SocketTrial.turn(server) { server.peers.isEmpty })
        #expect(lines.isEmpty && server.peers.isEmpty)
        #expect(heard(on: client)?.contains("65536 bytes") == true)
    }

    @Test("the end of half a line is no line")
    func halfLine() throws {
        let client = try connect()
        _ = say("whole\nhalf", on: client)
        close(client)
        var lines: [String] = []
        for _ in 0..<5 { lines += text(turnOnce()) }
        #expect(lines == ["whole"])
        #expect(server.peers.isEmpty)
    }

    @Test("takes a bounded number of lines from a client, and all of them in time")
    func rate() throws {
        let client = try connect()
        defer { close(client) }
        _ = SocketTrial.turn(server) { !server.peers.isEmpty }
        let wanted = (0..<1_500).map { "line \($0)" }
        let text = wanted.joined(separator: "\n") + "\n"
        #expect(say(text, on: client) == text.utf8.count)
        let start = SteadyClock.milliseconds()
        var lines = self.text(turnOnce() + turnOnce() + turnOnce())
        // The burst is 1,000 lines; what is more comes at 500 a second.
        let allowed = 1_000 + Int(SteadyClock.milliseconds() - start + 100) / 2
        #expect(lines.count <= allowed)
        #expect(lines.count >= 1_000)
        let deadline = start + 5_000
        while lines.count < wanted.count, SteadyClock.milliseconds() < deadline { lines += self.text(turnOnce()) }
        #expect(lines == wanted)
    }

    @Test("who does not take answers is cut off, and the others go on")
    func slowReader() throws {
        let slow = try connect(), other = try connect()
        defer {
            close(slow)
            close(other)
        }
        _ = SocketTrial.turn(server) { server.peers.count == 2 }
        let peer = try #require(server.peers.first)
        let line = String(repeating: "y", count: 32_768)
        for _ in 0..<40 { peer.send(line, SteadyClock.milliseconds()) }
        #expect(peer.end == "it does not take its answers")
        _ = turnOnce()
        #expect(server.peers.count == 1)
        _ = say("alive\n", on: other)
        #expect(text(turnOnce() + turnOnce()) == ["alive"])
    }

    @Test("who takes nothing for ten seconds is cut off")
    func patience() throws {
        let slow = try connect()
        defer { close(slow) }
        _ = SocketTrial.turn(server) { server.peers.count == 1 }
        let peer = try #require(server.peers.first)
        while peer.waiting == 0 { peer.send(String(repeating: "z", count: 16_384), 1_000_000) }
        peer.flush(1_009_000)
        #expect(peer.end == nil)
        peer.flush(1_011_001)
        #expect(peer.end == "it does not take its answers")
    }

    @Test("has a bounded number of clients, and says so to the next")
    func crowd() throws {
        var clients: [Int32] = []
        defer { for client in clients { close(client) } }
        for _ in 0..<8 { clients.append(try connect()) }
        _ = SocketTrial.turn(server) { server.peers.count == 8 }
        clients.append(try connect())
        _ = SocketTrial.turn(server) { server.turnedAway == 1 }
        #expect(server.peers.count == 8)
        #expect(heard(on: try #require(clients.last))?.contains("8 clients") == true)
        close(clients.removeFirst())
        _ = SocketTrial.turn(server) { server.peers.count == 7 }
        clients.append(try connect())
        _ = SocketTrial.turn(server) { server.peers.count == 8 }
        #expect(server.peers.count == 8)
    }

    @Test(
        "another user may not connect, even where the file would let them",
        .enabled(if: geteuid() == 0, "takes root, to become somebody else"))
    func otherUser() throws {
        // Whoever is not root and not this user is turned away by who they are.
        #expect(chmod(path, 0o666) == 0 && chmod(folder.path, 0o755) == 0)
        var child = pid_t()
        let script = "my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 9; sysread($s, my $b, 4096); print $b"
        let words: [String] = [
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-MIO::Socket::UNIX", "-e", script,
            path,
        ]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let output = folder.socket("file")
        posix_spawn_file_actions_addopen(&actions, 1, output, O_CREAT | O_WRONLY, 0o600)
        try #require(posix_spawnp(&child, "setpriv", &actions, nil, &arguments, environ) == 0)
        var status: Int32 = 0
        var hasEnded = false
        _ = SocketTrial.turn(server) {
            hasEnded = hasEnded || waitpid(child, &status, WNOHANG) == child
            return hasEnded
        }
        #expect(server.peers.isEmpty && hasEnded && status == 0)
        let file = try #require(fopen(output, "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        #expect(fgets(&line, 512, file) != nil)
        #expect(String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).contains("may not use"))
    }
}
