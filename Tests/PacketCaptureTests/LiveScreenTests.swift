import Foundation
import Glibc
import Testing

/// `tlsmon live` in a terminal, as a person sees it.
@Suite(
    "The live table on a terminal",
    .enabled(
        if: Rights.mayCapture && FileManager.default.isExecutableFile(atPath: "/usr/bin/tmux"),
        "needs CAP_NET_RAW and tmux"),
    .serialized)
struct LiveScreenTests {
    /// A server on the loopback interface that takes bytes and keeps quiet.
    private final class Listener {
        let descriptor: Int32
        let port: UInt16

        init() throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let size = length
            let results = withUnsafeMutablePointer(to: &address) { [descriptor] pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    [bind(descriptor, $0, size), listen(descriptor, 16), getsockname(descriptor, $0, &length)]
                }
            }
            try #require(results == [0, 0, 0])
            port = UInt16(bigEndian: address.sin_port)
        }

        /// Sends `bytes` on a connection of its own, and leaves it open until the value that is returned is closed.
        func send(_ bytes: [UInt8]) throws -> Int32 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            address.sin_port = port.bigEndian
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            try #require(result == 0)
            try #require(write(client, bytes, bytes.count) == bytes.count)
            return client
        }

        deinit { close(descriptor) }
    }

    /// A ClientHello that asks for a name: version, suites and the name are all it has.
    private static func hello(_ name: String) -> [UInt8] {
        func big(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
        let host = Array(name.utf8)
        let list = [0] + big(host.count) + host
        var extensions = big(0) + big(list.count + 2) + big(list.count) + list
        extensions += big(43) + big(3) + [2, 3, 4]
        let body =
            [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + big(2) + [0x13, 1] + [1, 0] + big(extensions.count)
            + extensions
        let message = [1, 0] + big(body.count) + body
        return [22, 3, 1] + big(message.count) + message
    }

    @Test("shows connections as they come, opens one, is sized anew, and leaves the terminal as it was")
    func table() throws {
        let listener = try Listener()
        let pane = try TerminalPane(
            "\(Program.path) live -i lo tcp port \(listener.port)", columns: 80, rows: 24)
        try pane.shows("waiting for packets")
        try pane.shows("tlsmon on lo  tcp port \(listener.port)")
        let first = try listener.send(Self.hello("first.test"))
        try pane.shows("first.test")
        let second = try listener.send(Self.hello("second.test"))
        try pane.shows("second.test")
        try pane.shows("2 of 2 flows open")
        close(second)
        // The newest is on top: down is the older one.
        try pane.press("Down", "Down", "Enter")
        try pane.shows("◆ ClientHello")
        try pane.shows("server name first.test")
        try pane.press("Escape")
        try pane.shows("client → server")
        try pane.type("/second")
        try pane.press("Enter")
        try pane.lacks("first.test →")
        try pane.shows("filter: second")
        try pane.press("Escape", "p")
        try pane.shows("PAUSED")
        try pane.press("p", "?")
        try pane.shows("let the screen stand still")
        try pane.press("Escape")
        try pane.resize(columns: 50, rows: 12)
        try pane.shows("2 of 2 flows")
        try pane.resize(columns: 132, rows: 40)
        try pane.shows("rate/s")
        close(first)
        try pane.press("q")
        try pane.shows("ended with 0")
        try pane.shows("INCONCLUSIVE")
        // The shell has its echo back.
        try pane.type("echo back again")
        try pane.press("Enter")
        try pane.shows("echo back again\nback again")
    }

    @Test("Ctrl-C ends it with the summary, and bytes that are no TLS are told with 1")
    func interruption() throws {
        let listener = try Listener()
        let pane = try TerminalPane(
            "\(Program.path) live -i lo tcp port \(listener.port)", columns: 80, rows: 24)
        try pane.shows("waiting for packets")
        close(try listener.send(Array("GET / HTTP/1.1\r\n\r\n".utf8)))
        try pane.shows("1 violation")
        try pane.press("C-c")
        try pane.shows("ended with 1")
        try pane.shows("REFUTED")
    }
}

/// A terminal in which a program runs, by tmux.
private final class TerminalPane {
    private let name = "tlsmon-" + UUID().uuidString
    private let script: TemporaryFile
    private let configuration: TemporaryFile
    private let server = Process()

    /// A shell waits when the program has ended, so that what it left can be seen.
    init(_ command: String, columns: Int, rows: Int) throws {
        script = try TemporaryFile(
            Array(
                """
                export TERM=xterm-256color LANG=C.UTF-8 PS1='$ '
                \(command)
                echo ended with $?
                exec sh

                """.utf8), name: "run.sh")
        configuration = try TemporaryFile(
            Array("new-session -d -x \(columns) -y \(rows) 'sh \(script.path)'\n".utf8), name: "tmux.conf")
        // In the foreground: a server in the background would keep what waits for its parent waiting.
        server.executableURL = URL(fileURLWithPath: "/usr/bin/tmux")
        server.arguments = ["-D", "-u", "-L", name, "-f", configuration.path]
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        let end = ContinuousClock.now + .seconds(20)
        while try Program.run(["-u", "-L", name, "has-session"], program: "/usr/bin/tmux").status != 0 {
            try #require(ContinuousClock.now < end, "tmux did not start")
            usleep(50_000)
        }
    }

    deinit {
        _ = try? tmux(["kill-server"])
        server.terminate()
    }

    @discardableResult
    private func tmux(_ arguments: [String]) throws -> String {
        let outcome = try Program.run(["-u", "-L", name] + arguments, program: "/usr/bin/tmux")
        try #require(outcome.status == 0, "tmux \(arguments): \(outcome.errors)")
        return outcome.output
    }

    func press(_ keys: String...) throws {
        for key in keys {
            try tmux(["send-keys", key])
            // An escape is told from a sequence by what does not follow it.
            usleep(150_000)
        }
    }

    func type(_ text: String) throws { try tmux(["send-keys", "-l", text]) }

    func resize(columns: Int, rows: Int) throws {
        try tmux(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
    }

    func shows(_ words: String) throws { try wait("\"\(words)\"") { $0.contains(words) } }
    func lacks(_ words: String) throws { try wait("no \"\(words)\"") { !$0.contains(words) } }

    private func wait(_ what: String, _ isThere: (String) -> Bool) throws {
        let end = ContinuousClock.now + .seconds(20)
        var screen = ""
        while ContinuousClock.now < end {
            screen = try tmux(["capture-pane", "-p", "-S", "-100"])
            if isThere(screen) { return }
            usleep(100_000)
        }
        Issue.record("waited for \(what) on\n\(screen)")
        throw CancellationError()
    }
}
