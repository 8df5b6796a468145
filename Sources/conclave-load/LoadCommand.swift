import ArgumentParser

/// `conclave-load`
@main
struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conclave-load",
        abstract: "Loads a server on this machine with mutual TLS 1.3 clients, and says what that costs it.",
        discussion: """
            A figure counts only if everything that was sent arrived: at every member, in order, once. Else the exit code is 1.
            scripts/bench starts the servers, runs all measurements and compares them with a reference.
            """,
        subcommands: [
            Fanout.self, Latency.self, Handshakes.self, Idle.self, Storm.self, Durable.self, Fill.self, Ready.self,
        ])
}

/// A room and what is said in it.
struct RoomOptions: ParsableArguments {
    @Option(help: "Members that only listen.")
    var receivers = 100

    @Option(help: "Members that talk.")
    var senders = 1

    @Option(help: "Bytes of a message, 32 to 65536.")
    var bytes = 200

    @Option(help: "Seconds to measure, after half a second to warm up.")
    var seconds = 3.0

    func validate() throws {
        guard receivers >= 1, receivers <= 4_000, senders >= 1, senders <= 1_000 else {
            throw ValidationError("--receivers is 1 to 4000, --senders 1 to 1000")
        }
        guard bytes >= Stamp.byteCount, bytes <= 65_536 else {
            throw ValidationError("--bytes is \(Stamp.byteCount) to 65536")
        }
        guard seconds >= 0.1, seconds <= 600 else { throw ValidationError("--seconds is 0.1 to 600") }
    }

    /// A generator whose connections are the room's members.
    func room(at target: Target, certificates: String) throws -> Generator {
        let generator = try Generator(target, certificates: certificates, goal: .room)
        try generator.take(Seats(senders: senders, listeners: receivers))
        try generator.prepareMessages(size: bytes)
        try generator.run(seconds: 0.3)
        return generator
    }
}
