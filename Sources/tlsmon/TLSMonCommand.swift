import ArgumentParser

/// `tlsmon`
struct TLSMonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tlsmon",
        abstract: "Shows what an eavesdropper sees of TLS, and proves that it was only handshakes and ciphertext.",
        discussion: """
            Exit status of prove: 0 proven, 1 refuted, 2 inconclusive. Of live and read: 1 if something was found that \
            refutes, otherwise 0. Always: 3 if it could not run.
            """,
        version: "0.1.0",
        subcommands: [LiveCommand.self, ReadCommand.self, ProveCommand.self, ListCommand.self])
}

/// What live, read and prove share.
struct CommonOptions: ParsableArguments {
    @Flag(help: "One JSON object on a line.")
    var json = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A text that must not be on the wire; may be given several times.", valueName: "text"))
    var marker: [String] = []

    @Option(
        help: ArgumentHelp(
            "Secrets of the sessions, as SSLKEYLOGFILE makes programs write them; may be given several times.",
            valueName: "file"))
    var keylog: [String] = []
}

/// Which interface, for how long, and whether to keep the packets.
struct LiveOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("The interface to capture on.", valueName: "name"))
    var interface: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Keep the packets in this file (pcap).", valueName: "file"))
    var write: String?

    @Option(help: ArgumentHelp("End after so long.", valueName: "seconds"))
    var duration: Double?

    @Option(name: .customShort("c"), help: ArgumentHelp("End after so many packets.", valueName: "number"))
    var packets: Int?
}
