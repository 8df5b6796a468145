import ArgumentParser
import Firewall
import FirewallViews
import Glibc

/// `conclave-firewall status`
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows whether the firewall is on, and how it is.")

    @OptionGroup var daemon: DaemonOptions

    func run() throws { try daemon.show(.status) }
}

/// `conclave-firewall logs`
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Shows packets that were blocked, or a sample of those that passed.",
        discussion: """
            The log is limited, so that a flood cannot fill the disk: how many packets there were, stats says. Into a pipe, fields are \
            separated by tabs.
            """)

    @Option(help: "Which packets.")
    var type = LogQuery.Kind.blocked

    @Option(help: ArgumentHelp("The newest so many, 1 to 10000.", valueName: "number"))
    var limit = 50

    @Option(
        help: ArgumentHelp("From when on: 1h ago, or 2026-11-22T10:00:00Z.", valueName: "time"), transform: Typed.past)
    var since: Int64?

    @Option(
        name: .customLong("src"), help: ArgumentHelp("From this address or network.", valueName: "network"),
        transform: Typed.prefix)
    var source: IPPrefix?

    @Option(help: ArgumentHelp("To this port.", valueName: "port"), transform: Typed.port)
    var port: UInt16?

    @Option(
        help: ArgumentHelp(
            "What stopped them: deny (the blacklist), ban, feed, c2, rate, global, default, posture, or a rule's number.",
            valueName: "reason"), transform: Typed.reason)
    var reason: LogReason?

    @Flag(name: .shortAndLong, help: "Stay, and show each packet that comes.")
    var follow = false

    @OptionGroup var daemon: DaemonOptions

    func validate() throws {
        guard (1...10_000).contains(limit) else {
            throw ValidationError("--limit is \(limit); choose 1 to 10000.")
        }
    }

    func run() throws {
        let query = LogQuery(
            type, limit: limit, since: since, source: source, port: port, reason: reason?.name, follows: follow)
        guard follow else { return try daemon.show(.logs(query)) }
        try explaining(json: daemon.json) {
            var lines = PacketLines(Screen.style)
            var isFirst = true
            try Daemon(path: daemon.socket).follow(.logs(query)) { answer in
                guard case .logs(let rows) = answer, !daemon.json else { return Screen.show(answer, json: daemon.json) }
                if rows.isEmpty { return }
                Screen.write(isFirst ? lines.first(rows) : lines.next(rows))
                isFirst = false
            }
        }
    }
}

/// `conclave-firewall stats`
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Shows what was counted: packets and bytes by what became of them.")

    @Flag(help: "Show it again and again, until Ctrl-C.")
    var watch = false

    @Option(help: ArgumentHelp("Seconds between two looks, 1 to 3600.", valueName: "seconds"))
    var interval = 2

    @OptionGroup var daemon: DaemonOptions

    func validate() throws {
        guard (1...3_600).contains(interval) else {
            throw ValidationError("--interval is \(interval); choose 1 to 3600.")
        }
    }

    func run() throws {
        guard watch else { return try daemon.show(.statistics) }
        try explaining(json: daemon.json) {
            while true {
                let answer = try daemon.ask(.statistics)
                if !daemon.json, Screen.isTerminal {
                    // To the upper left; each line to its end, and what is below it.
                    let lines = Screen.style.lines(answer).map { $0 + "\u{1B}[K\n" }.joined()
                    Screen.write("\u{1B}[H" + lines + "\u{1B}[J")
                } else {
                    Screen.show(answer, json: daemon.json)
                }
                sleep(UInt32(interval))
            }
        }
    }
}

/// `conclave-firewall why ADDRESS`
struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Says what becomes of a packet, which rule or list decides, and why.",
        discussion: """
            The packet is the first of a new connection from the address to here, or with --out from here to it. For example:

              conclave-firewall why 203.0.113.9:22
              conclave-firewall why [2001:db8::9]:443 --out
            """)

    @Argument(
        help: ArgumentHelp("192.0.2.7, 192.0.2.7:22, 2001:db8::7, [2001:db8::7]:22.", valueName: "address[:port]"),
        transform: Endpoint.init)
    var endpoint: Endpoint

    @Option(name: .customLong("protocol"), help: "The protocol.")
    var transport = FirewallRule.TransportProtocol.tcp

    @Flag(help: "A packet from here to there.")
    var out = false

    @OptionGroup var daemon: DaemonOptions

    func validate() throws {
        if endpoint.port != nil, transport == .icmp {
            throw ValidationError("ICMP has no ports: leave the port out, or choose another --protocol.")
        }
    }

    func run() throws {
        let question = WhyQuestion(endpoint.address, port: endpoint.port, transport: transport, isOutbound: out)
        try daemon.show(.why(question))
    }
}

/// An address, and a port if there is one.
struct Endpoint {
    var address: IPAddress
    var port: UInt16?

    /// `192.0.2.7:22`, `[2001:db8::7]:22`, `[2001:db8::7]`, or an address alone.
    init(_ text: String) throws {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            address = try Typed.address(String(text[text.index(after: text.startIndex)..<end]))
            let rest = text[text.index(after: end)...]
            if rest.isEmpty { return }
            guard rest.hasPrefix(":") else {
                throw ValidationError("\(text): behind ] there can only be a colon and a port.")
            }
            port = try Typed.port(String(rest.dropFirst()))
        } else if let colon = text.firstIndex(of: ":"), text[text.index(after: colon)...].firstIndex(of: ":") == nil {
            address = try Typed.address(String(text[..<colon]))
            port = try Typed.port(String(text[text.index(after: colon)...]))
        } else {
            address = try Typed.address(text)
        }
    }
}
