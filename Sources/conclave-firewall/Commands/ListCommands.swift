import ArgumentParser
import Firewall

/// Which list a command is about.
protocol ListKind {
    static var list: ListName { get }
}

enum Whitelist: ListKind { static let list = ListName.whitelist }
enum Blacklist: ListKind { static let list = ListName.blacklist }

/// `conclave-firewall whitelist`
struct WhitelistCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whitelist", abstract: "Addresses that nothing blocks: no rule, no ban, no rate limit.",
        subcommands: [
            ShowListCommand<Whitelist>.self, AddToListCommand<Whitelist>.self, RemoveFromListCommand<Whitelist>.self,
        ],
        defaultSubcommand: ShowListCommand<Whitelist>.self)
}

/// `conclave-firewall blacklist`
struct BlacklistCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blacklist", abstract: "Addresses that are blocked, both ways.",
        subcommands: [
            ShowListCommand<Blacklist>.self, AddToListCommand<Blacklist>.self, RemoveFromListCommand<Blacklist>.self,
        ],
        defaultSubcommand: ShowListCommand<Blacklist>.self)
}

/// `conclave-firewall whitelist list`
struct ShowListCommand<Kind: ListKind>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "list", abstract: "Shows the \(Kind.list.rawValue).")
    }

    @OptionGroup var daemon: DaemonOptions

    func run() throws { try daemon.show(.list(Kind.list)) }
}

/// `conclave-firewall whitelist add ADDRESS`
struct AddToListCommand<Kind: ListKind>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "add",
            abstract: "Adds an address or a network; it is checked and at once in force, without a trial.")
    }

    @Argument(
        help: ArgumentHelp("192.0.2.7, 192.0.2.0/24, 2001:db8::/32.", valueName: "address"), transform: Typed.prefix)
    var prefix: IPPrefix

    @Option(
        name: .customLong("for"), help: ArgumentHelp("How long: 30m, 1h, 7d. Left out: for ever.", valueName: "time"),
        transform: Typed.span)
    var seconds: Int?

    @Option(help: ArgumentHelp("For people; up to 200 characters.", valueName: "text"))
    var note = ""

    @Flag(help: "Do it even if the check says that it locks somebody out.")
    var force = false

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        let change = PolicyChange(trial: .none, isForced: force, connection: LoginConnection.find())
        try daemon.show(.addToList(Kind.list, prefix, seconds: seconds, note: note, change))
    }
}

/// `conclave-firewall whitelist remove ADDRESS`
struct RemoveFromListCommand<Kind: ListKind>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "remove", abstract: "Removes an address or a network.")
    }

    @Argument(help: ArgumentHelp("As the list shows it.", valueName: "address"), transform: Typed.prefix)
    var prefix: IPPrefix

    @Flag(help: "Do it even if the check says that it locks somebody out.")
    var force = false

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        let change = PolicyChange(trial: .none, isForced: force, connection: LoginConnection.find())
        try daemon.show(.removeFromList(Kind.list, prefix, change))
    }
}
