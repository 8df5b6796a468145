import ArgumentParser
import Firewall

/// `conclave-firewall ban ADDRESS…`
struct BanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ban", abstract: "Keeps a host out for a while, and cuts its connections.",
        discussion: """
            Several addresses are taken for the same host; of IPv6 the whole /64 is banned. Each ban of a host lasts twice as long as the \
            one before, from 10 minutes to 7 days, unless --for says how long.
            """)

    @Argument(help: ArgumentHelp("Its addresses, at most 8.", valueName: "address"), transform: Typed.address)
    var addresses: [IPAddress]

    @Option(
        name: .customLong("for"), help: ArgumentHelp("How long: 30m, 1h, 7d.", valueName: "time"), transform: Typed.span
    )
    var seconds: Int?

    @Option(help: ArgumentHelp("Why, for people; up to 200 characters.", valueName: "text"))
    var note = ""

    @OptionGroup var daemon: DaemonOptions

    func validate() throws {
        guard (1...8).contains(addresses.count) else {
            throw ValidationError("A host has 1 to 8 addresses here; ban several hosts one by one.")
        }
    }

    func run() throws { try daemon.show(.ban(addresses, seconds: seconds, detail: note)) }
}

/// `conclave-firewall unban ADDRESS`
struct UnbanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "unban", abstract: "Ends a ban.")

    @Argument(
        help: ArgumentHelp("One of the host's addresses, or its /64.", valueName: "address"), transform: Typed.prefix)
    var prefix: IPPrefix

    @OptionGroup var daemon: DaemonOptions

    func run() throws { try daemon.show(.unban(prefix)) }
}

/// `conclave-firewall bans`
struct BansCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bans", abstract: "Shows who is kept out, why, and for how long.")

    @OptionGroup var daemon: DaemonOptions

    func run() throws { try daemon.show(.bans) }
}

/// `conclave-firewall threats`
struct ThreatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "threats", abstract: "The lists of known attackers that others publish.",
        subcommands: [ShowThreatsCommand.self, AcceptThreatsCommand.self], defaultSubcommand: ShowThreatsCommand.self)
}

/// `conclave-firewall threats list`
struct ShowThreatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Shows the lists: entries, when each was fetched and when it changed, and its state.")

    @OptionGroup var daemon: DaemonOptions

    func run() throws { try daemon.show(.threats) }
}

/// `conclave-firewall threats accept NAME`
struct AcceptThreatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept", abstract: "Lets a list count that is held back, as it changed too much at once.")

    @Argument(help: ArgumentHelp("The list's name, as threats shows it.", valueName: "name"))
    var name: String

    @OptionGroup var daemon: DaemonOptions

    func run() throws { try daemon.show(.acceptThreats(feed: name)) }
}
