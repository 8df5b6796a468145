import ArgumentParser
import Firewall

/// `conclave-firewall list`
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows the rules in their order, and how often each was hit.")

    @OptionGroup var daemon: DaemonOptions

    func run() throws { try daemon.show(.rules) }
}

/// `conclave-firewall add NAME ACTION`
struct AddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Adds a rule.",
        discussion: """
            The first rule that fits a packet decides, so the place matters: a new rule goes behind the others unless --position says \
            otherwise. For example:

              conclave-firewall add "Block Telnet" block --protocol tcp --ports 23
              conclave-firewall add "Web for the office" allow --protocol tcp --ports 80,443 --from 192.0.2.0/24 --position 1
            """)

    @Argument(help: "What people call it; 1 to 64 characters.")
    var name: String

    @Argument(help: "What becomes of packets that fit.")
    var action: FirewallRule.Action

    @Option(name: .customLong("protocol"), help: "The protocol.")
    var transport = FirewallRule.TransportProtocol.any

    @Option(
        help: ArgumentHelp("Destination ports and ranges: 23, 135-139, 80,443. Left out: all.", valueName: "ports"),
        transform: Typed.ports)
    var ports: [ClosedRange<UInt16>] = []

    @Option(help: "Which way packets go.")
    var direction = FirewallRule.Direction.in

    @Option(
        name: .customLong("from"), help: ArgumentHelp("A source, again for each. Left out: all.", valueName: "network"),
        transform: Typed.prefix)
    var sources: [IPPrefix] = []

    @Option(
        name: .customLong("to"),
        help: ArgumentHelp("A destination, again for each. Left out: all.", valueName: "network"),
        transform: Typed.prefix)
    var destinations: [IPPrefix] = []

    @Option(help: ArgumentHelp("The card through which packets come or go: eth0, wlan*.", valueName: "card"))
    var interface: String?

    @Option(help: ArgumentHelp("For people; up to 200 characters.", valueName: "text"))
    var note = ""

    @Option(help: ArgumentHelp("Its place among the rules, from 1.", valueName: "place"))
    var position: Int?

    @Flag(help: "The rule does nothing until it is switched on: conclave-firewall toggle ID.")
    var disabled = false

    @OptionGroup var change: ChangeOptions
    @OptionGroup var daemon: DaemonOptions

    func validate() throws {
        if let position, position < 1 { throw ValidationError("--position counts from 1.") }
        if !ports.isEmpty, transport == .icmp {
            throw ValidationError("ICMP has no ports: leave --ports out, or choose another --protocol.")
        }
    }

    func run() throws {
        let rule = FirewallRule(
            id: 0, name: name, action: action, transport: transport, ports: ports, direction: direction,
            sources: sources, destinations: destinations, interface: interface, isEnabled: !disabled, note: note)
        try daemon.show(.addRule(rule, position.map { .place($0) } ?? .end, change.change))
    }
}

/// `conclave-firewall remove ID`
struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Removes a rule.")

    @Argument(help: ArgumentHelp("The rule's number, as list shows it.", valueName: "id"), transform: Typed.rule)
    var id: Int

    @OptionGroup var change: ChangeOptions
    @OptionGroup var daemon: DaemonOptions

    func run() throws { try daemon.show(.removeRule(id, change.change)) }
}

/// `conclave-firewall toggle ID`
struct ToggleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "toggle", abstract: "Switches a rule off, or on again.")

    @Argument(help: ArgumentHelp("The rule's number, as list shows it.", valueName: "id"), transform: Typed.rule)
    var id: Int

    @OptionGroup var change: ChangeOptions
    @OptionGroup var daemon: DaemonOptions

    func run() throws { try daemon.show(.toggleRule(id, change.change)) }
}
