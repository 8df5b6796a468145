import Foundation
import Testing

/// `conclave` in a terminal, as a person sees it.
@Suite("the chat on a terminal", .enabled(if: Installation.isCI || Installation.has("tmux"), "tmux is missing"))
struct ScreenTests {
    @Test("shows the status, the messages and their numbers, who types and who has read")
    func talk() async throws {
        let server = try await Server.start()
        let (alice, bob) = (try Client("alice", of: server), try Client("bob", of: server))
        let one = try await Pane(alice)
        try await one.shows("you are in #lab · open to everybody here")
        try await one.shows("rooms are end-to-end encrypted (MLS)")
        let two = try await Pane(bob)
        try await one.shows("bob/default joined")
        try await one.shows("#lab · epoch 1 · 2 members · protected")
        try await one.type("Hello Bob")
        try await two.shows(/#lab \d+ alice: Hello Bob/)
        try await one.shows("✓✓ read by bob")
        try await two.press("I am thinking about")
        try await one.shows("bob is typing…")
        try await one.type("take your time")
        try await two.shows("alice: take your time")
        try await two.shows("#lab> I am thinking about", "what is being typed stays")
        try await one.type("/verify")
        try await one.shows(/\ {6}\d{5} \d{5} \d{5}/)
        try await one.type("/devices")
        try await one.shows("alice/default (this one)")
        try await one.type("/hepl")
        try await one.shows("did you mean /help?")
        try await one.type("/status")
        try await one.shows("protected: End-to-end encrypted.")
        for pane in [one, two] {
            try await pane.press("C-u", isKey: true)
            try await pane.type("/quit")
            try await pane.shows("ended with 0")
        }
    }

    @Test("shows what this device has after a restart, also without a server")
    func restart() async throws {
        let server = try await Server.start()
        let alice = try Client("alice", of: server)
        try await alice.run("send", ["#lab", "from before"])
        server.program.signal(SIGKILL)
        let pane = try await Pane(alice)
        try await pane.shows("you: from before")
        try await pane.shows("no connection")
        try await pane.shows("offline · #lab")
        try await pane.type("said without a connection")
        try await pane.shows("not sent yet, there is no connection; it goes out by itself")
    }

    @Test("asks for the passphrase without showing it, and refuses a wrong one")
    func passphrase() async throws {
        let server = try await Server.start()
        let alice = try Client("alice", of: server)
        let file = alice.home.path + "/passphrase"
        try alice.home.write("open sesame\n", to: file)
        try await alice.run("passphrase", ["--new-from", file])
        let pane = try await Pane(alice)
        try await pane.shows("passphrase of alice/default's store:")
        try await pane.type("open sesam")
        try await pane.shows("the passphrase is wrong")
        try await pane.shows("ended with 77")
        #expect(try await !pane.screen.contains("open sesam"))
        let again = try await Pane(alice)
        try await again.shows("passphrase of alice/default's store:")
        try await again.type("open sesame")
        try await again.shows("you are in #lab")
        #expect(try await !again.screen.contains("open sesame"))
    }
}

/// A terminal in which `conclave` runs, by tmux.
private final class Pane {
    private let name = "conclave-" + UUID().uuidString
    private let scratch: Scratch

    private let terminal: Program

    init(_ client: Client) async throws {
        scratch = try Scratch()
        let command = client.commandLine("chat", ["--room", "#lab"]).map { "'\($0)'" }.joined(separator: " ")
        try scratch.write(
            """
            export HOME='\(client.home.path)' TERM=xterm-256color LANG=C.UTF-8
            \(command)
            echo ended with $?
            sleep 600
            """, to: scratch.path + "/run.sh")
        try scratch.write("new-session -d -x 110 -y 40 'sh \(scratch.path)/run.sh'\n", to: scratch.path + "/tmux.conf")
        // In the foreground, so that it ends with the value.
        terminal = try Program(["tmux", "-D", "-u", "-L", name, "-f", scratch.path + "/tmux.conf"], in: scratch)
        let arguments = ["tmux", "-u", "-L", name, "has-session"]
        let end = ContinuousClock.now + .seconds(30)
        while try await Program(arguments, in: scratch).status() != 0 {
            guard ContinuousClock.now < end else {
                throw Timeout(description: "tmux did not start: \(terminal.errors)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @discardableResult
    private func tmux(_ arguments: [String]) async throws -> String {
        let program = try Program(["tmux", "-u", "-L", name] + arguments, in: scratch)
        let status = try await program.status()
        try #require(status == 0, "tmux \(arguments): \(program.errors)")
        return program.output
    }

    func press(_ keys: String, isKey: Bool = false) async throws {
        try await tmux(["send-keys"] + (isKey ? [] : ["-l"]) + [keys])
    }

    func type(_ line: String) async throws {
        try await press(line)
        try await press("Enter", isKey: true)
    }

    /// What can be seen, with what has scrolled away.
    var screen: String {
        get async throws { try await tmux(["capture-pane", "-p", "-J", "-S", "-200"]) }
    }

    /// Waits for words, which may stand on two rows.
    func shows(_ words: String, _ comment: String = "") async throws {
        try await wait("\"\(words)\" \(comment)") { $0.replacing("\n  ", with: " ").contains(words) }
    }

    func shows(_ pattern: Regex<Substring>) async throws {
        try await wait("a pattern") { $0.contains(pattern) }
    }

    private func wait(_ what: String, _ isThere: (String) -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while true {
            let screen = try await screen
            if isThere(screen) { return }
            guard ContinuousClock.now < end else { throw Timeout(description: "waited for \(what) on\n\(screen)") }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
