import ArgumentParser

/// `tlsmon`
struct TLSMonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tlsmon",
        abstract: "Shows what an eavesdropper sees of TLS, and proves that it was only handshakes and ciphertext.",
        discussion: """
            Exit status: 0 proven, or all is well; 1 refuted, a rule of TLS is broken, or with --strict an alarm; \
            2 inconclusive; 3 it could not run.
            """,
        version: "0.1.0",
        subcommands: [
            LiveCommand.self, ReadCommand.self, ProveCommand.self, ReportCommand.self, FingerprintCommand.self,
            ConformCommand.self, LeakCommand.self, VerifyEvidenceCommand.self, ListCommand.self, ForwardCommand.self,
        ])

    @Flag(name: .customShort("D"), help: "The same as list: show the interfaces.")
    var listsInterfaces = false

    func run() throws {
        guard listsInterfaces else { throw CleanExit.helpRequest(self) }
        let list = try ListCommand.parse([])
        try list.run()
    }
}
