import ArgumentParser
import TLSMonitor

/// What is looked for, and with which keys.
struct AnalysisOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "A text that must not be on the wire, or @file with one on each line; may be given several times.",
            valueName: "text"))
    var marker: [String] = []

    @Option(
        help: ArgumentHelp(
            "Secrets of the sessions, as SSLKEYLOGFILE makes programs write them; may be given several times.",
            valueName: "file"))
    var keylog: [String] = []

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("tls.keylog_file:FILE is --keylog FILE, as tshark has it.", valueName: "name:value"))
    var preferences: [Preference] = []

    @Flag(name: .customLong("tunnels"), help: "Also look into packets in packets: VXLAN, GRE, Geneve, GTP, IP in IP.")
    var opensTunnels = false

    var keyLogs: [String] { keylog + preferences.map(\.keyLog) }

    /// The markers as texts, those in files too.
    /// - Throws: a usage error for a file that cannot be read.
    func markers() throws -> [Marker] { try Session.markers(try marker.flatMap { try TextList.texts($0) }) }

    /// - Throws: ``CaptureError``, or a usage error.
    func keyLog() throws -> KeyLog { try Session.keyLog(keyLogs) }
}

/// `tls.keylog_file:/home/me/keys`
struct Preference: ExpressibleByArgument {
    var keyLog: String

    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0] == "tls.keylog_file" || parts[0] == "ssl.keylog_file" else { return nil }
        keyLog = String(parts[1])
    }
}

/// Alarms: when they are raised, and where they go.
struct AlarmOptions: ParsableArguments {
    @Flag(help: "Exit with 1 if there was an alarm.")
    var strict = false

    @Option(
        name: .customLong("tls-port"),
        help: ArgumentHelp(
            "A port on which TLS is expected from the first byte; may be given several times. (default: 443, 7443, 8443)",
            valueName: "number"))
    var tlsPorts: [UInt16] = []

    @Option(
        name: .customLong("chat-port"),
        help: ArgumentHelp(
            "A port on which a new talker is an alarm; may be given several times. (default: 7443)", valueName: "number"
        ))
    var chatPorts: [UInt16] = []

    @Option(
        name: .customLong("known"),
        help: ArgumentHelp(
            "An address that is no new talker; may be given several times. Without it, whoever comes in the first minutes is none.",
            valueName: "address"))
    var known: [KnownAddress] = []

    @Option(
        name: .customLong("alarm-limit"),
        help: ArgumentHelp(
            "When an alarm is raised, as in scan-ports=30, or weak_suite=off for none of a kind; may be given several times. docs/alarms.md lists all.",
            valueName: "name=value"))
    var limits: [String] = []

    @Option(
        name: .customLong("alarm-file"),
        help: ArgumentHelp("Append alarms to this file, one JSON object on a line.", valueName: "file"))
    var file: String?

    /// The file to which alarms go, if one was named.
    /// - Throws: ``CaptureError`` if it cannot be written.
    func alarmFile() throws -> AlarmFile? {
        guard let file else { return nil }
        return try AlarmFile(path: file)
    }

    /// - Throws: a usage error for a limit that is none.
    func watch() throws -> AlarmWatch {
        var limits = AlarmLimits()
        if !tlsPorts.isEmpty { limits.tlsPorts = Set(tlsPorts) }
        if !chatPorts.isEmpty { limits.chatPorts = Set(chatPorts) }
        limits.knownTalkers = Set(known.map(\.address))
        for text in self.limits {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError("--alarm-limit \(text.harmless) has no value, as in --alarm-limit scan-ports=30")
            }
            do {
                try limits.set(parts[0], parts[1])
            } catch {
                throw ValidationError("--alarm-limit: \("\(error)".harmless)")
            }
        }
        // Nobody who sends packets shall know which of them share a place in its tables.
        return AlarmWatch(limits, seed: .random(in: 0...UInt64.max))
    }
}
