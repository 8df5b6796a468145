import ArgumentParser
import Firewall
import Glibc
import Settings

/// `conclave-firewall run`
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs the daemon; the service does this.",
        discussion: """
            It needs CAP_NET_ADMIN and nothing else. SIGHUP reads the rules file again; SIGTERM ends the daemon and leaves the rules in \
            the kernel, so that nothing is open meanwhile: conclave-firewall off takes them away.
            """)

    @OptionGroup var policy: PolicyOptions

    @Option(help: ArgumentHelp("Where the database, the posture and bans are kept.", valueName: "folder"))
    var state = ServiceOptions().stateFolder

    @Option(
        help: ArgumentHelp(
            "Where conclave-feeds puts what it fetched (feeds in the state folder).", valueName: "folder"))
    var feeds: String?

    @Option(help: ArgumentHelp("Where the sockets are made, unless systemd hands them over.", valueName: "folder"))
    var runDir = ServiceOptions().runFolder

    @Option(
        help: ArgumentHelp("Who may report to chat.sock beside root: the chat server's user.", valueName: "user"),
        transform: Self.user)
    var chatUser: UInt32?

    @Option(
        help: ArgumentHelp("Who may report to monitor.sock beside root: tlsmon's user.", valueName: "user"),
        transform: Self.user)
    var monitorUser: UInt32?

    func run() throws {
        try explaining(json: false) {
            var options = ServiceOptions()
            options.policyPath = policy.policy
            options.stateFolder = state
            options.feedFolder = feeds
            options.runFolder = runDir
            options.chatUser = chatUser
            options.monitorUser = monitorUser
            try Service(options).run()
        }
    }

    /// A name, or a number.
    private static func user(_ text: String) throws -> UInt32 {
        if let number = UInt32(text) { return number }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var space = [CChar](repeating: 0, count: 16_384)
        guard getpwnam_r(text, &entry, &space, space.count, &found) == 0, found != nil else {
            throw ValidationError("There is no user \(text) on this machine. Create it, or write a number.")
        }
        return entry.pw_uid
    }
}
