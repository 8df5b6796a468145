import ArgumentParser
import Firewall

/// What all commands that ask the daemon have.
struct DaemonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The daemon's socket.", valueName: "path"))
    var socket = "/run/conclave-firewall/control.sock"

    @Flag(help: "Print the answer as one JSON object; times are milliseconds since 1970.")
    var json = false

    /// Asks, and shows the answer.
    func show(_ request: ControlRequest) throws {
        try explaining(json: json) { Screen.show(try ask(request), json: json) }
    }

    /// - Throws: the daemon's failure, or that of the socket.
    func ask(_ request: ControlRequest) throws -> ControlAnswer { try Daemon(path: socket).ask(request) }
}

/// How a change of the policy is made.
struct ChangeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long the change is on trial, in seconds (5 to 3600; as the policy says, else 60).",
            valueName: "seconds"))
    var confirmSeconds: Int?

    @Flag(help: "No trial: the change stays, if the check finds that it locks nobody out.")
    var now = false

    @Flag(help: "Make the change even if the check says that it locks somebody out.")
    var force = false

    func validate() throws {
        if now, confirmSeconds != nil {
            throw ValidationError("--now means no trial, and --confirm-seconds how long one lasts: choose one of them.")
        }
        if let confirmSeconds, !(5...3_600).contains(confirmSeconds) {
            throw ValidationError("--confirm-seconds is \(confirmSeconds); choose 5 to 3600.")
        }
    }

    var change: PolicyChange {
        PolicyChange(
            trial: now ? .none : confirmSeconds.map { .seconds($0) } ?? .standard, isForced: force,
            connection: LoginConnection.find())
    }
}

/// Where the rules file is.
struct PolicyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The rules file.", valueName: "file"))
    var policy = "/etc/conclave-firewall/policy.json"
}

extension FirewallRule.Action: ExpressibleByArgument {}
extension FirewallRule.TransportProtocol: ExpressibleByArgument {}
extension FirewallRule.Direction: ExpressibleByArgument {}
extension LogQuery.Kind: ExpressibleByArgument {}

/// Turns what people type into values; errors say what is wrong and what to write.
enum Typed {
    static func prefix(_ text: String) throws -> IPPrefix {
        do { return try IPPrefix(parsing: text) } catch { throw ValidationError("\(error).") }
    }

    static func address(_ text: String) throws -> IPAddress {
        do { return try IPAddress(parsing: text) } catch { throw ValidationError("\(error).") }
    }

    /// At least a second.
    static func span(_ text: String) throws -> Int {
        let span: TimeSpan
        do { span = try TimeSpan(parsing: text) } catch { throw ValidationError("\(error).") }
        guard span.seconds > 0 else { throw ValidationError("\(text) is no time at all; write 30m, 1h or 7d.") }
        return Int(span.seconds)
    }

    static func ports(_ text: String) throws -> [ClosedRange<UInt16>] {
        do { return try PortText.parse(text) } catch { throw ValidationError("\(error).") }
    }

    static func port(_ text: String) throws -> UInt16 {
        let ports = try ports(text)
        guard let range = ports.first, ports.count == 1, range.count == 1 else {
            throw ValidationError("\(text) is more than one port; write a number from 1 to 65535.")
        }
        return range.lowerBound
    }

    /// `1h` ago, or `2026-11-22T10:00:00Z`: milliseconds since 1970.
    static func past(_ text: String) throws -> Int64 {
        if let time = UTCTime(text) { return time.seconds * 1_000 }
        do {
            return max(0, Screen.now - (try TimeSpan(parsing: text)).seconds * 1_000)
        } catch {
            throw ValidationError("\(error), or a time in UTC such as 2026-11-22T10:00:00Z.")
        }
    }

    static func rule(_ text: String) throws -> Int {
        guard let id = Int(text), PolicyLimits.ids.contains(id) else {
            throw ValidationError("\(text) is no rule's number; see them with: conclave-firewall list")
        }
        return id
    }

    /// `rule 3`, `3`, `ban`, …
    static func reason(_ text: String) throws -> LogReason {
        let reason = LogReason(name: Int(text) == nil ? text : "rule " + text)
        guard reason != .other else {
            throw ValidationError(
                "\(text) is no reason; write deny, ban, feed, c2, rate, global, default, posture, or a rule's number.")
        }
        return reason
    }
}
