import ArgumentParser
import Glibc
import MonitorViews
import Terminal

/// How records and reports are written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// Lines for people.
    case text
    /// One JSON object on a line.
    case json
    /// The columns that `-e` names, one line for a record.
    case fields
}

/// What goes to standard output, and how.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("T"), .customLong("format")],
        help: ArgumentHelp("text, json (one object on a line) or fields (see -e).", valueName: "format"))
    var chosen: OutputFormat?

    @Flag(help: "The same as -T json.")
    var json = false

    @Option(
        name: [.customShort("e"), .customLong("field")],
        help: ArgumentHelp(
            "With -T fields, a column; may be given several times. Our names and tshark's; -e help lists them.",
            valueName: "name"))
    var fields: [String] = []

    @Option(
        name: .customShort("E"),
        help: ArgumentHelp(
            "With -T fields: header=y for a first line with the names, separator=, for another separator than a tab.",
            valueName: "name=value"))
    var fieldSettings: [FieldSetting] = []

    @Flag(name: .customShort("l"), help: "Write every line at once, for a pipe.")
    var isLineBuffered = false

    @Flag(name: .shortAndLong, help: "Leave out what is not the result: no records, no progress.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more of every record: its place, its first bytes, what it offers.")
    var verbose = false

    @Flag(name: .customShort("n"), help: "Accepted, as other tools have it: names are never looked up here.")
    var isNumeric = false

    @Flag(name: .customLong("no-color"), help: "No colours, as with NO_COLOR in the environment.")
    var noColor = false

    var format: OutputFormat { chosen ?? (json ? .json : fields.isEmpty ? .text : .fields) }
    var hasColours: Bool { !noColor && TerminalDevice.hasColours }

    func validate() throws {
        if fields.contains("help") { return }
        if json, let chosen, chosen != .json {
            throw ValidationError("--json and -T \(chosen.rawValue) contradict each other: leave one of them out")
        }
        if format == .fields, fields.isEmpty {
            throw ValidationError("-T fields needs -e and a column, as in -e frame -e sni; -e help lists them")
        }
        if format != .fields, !fields.isEmpty { throw ValidationError("-e needs -T fields") }
        if format != .fields, !fieldSettings.isEmpty { throw ValidationError("-E needs -T fields") }
        _ = try columns()
    }

    /// Whether the list of columns was asked for; then it is written.
    func tellsFields() -> Bool {
        guard fields.contains("help") else { return false }
        Output.write(RecordFields.help.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
        return true
    }

    /// What writes the columns; `nil` if none were asked for.
    /// - Throws: a usage error for a name that is none.
    func columns() throws -> RecordFields? {
        guard format == .fields else { return nil }
        do {
            return try RecordFields(fields, separator: fieldSettings.compactMap(\.separator).last ?? UInt8(ascii: "\t"))
        } catch {
            let hint = error.nearest.map { "did you mean \($0)?" } ?? "-e help lists all"
            throw ValidationError("there is no field \(error.name.harmless); \(hint)")
        }
    }

    var hasHeader: Bool { fieldSettings.contains(.header(true)) }
}

/// `header=y`, `separator=,`
enum FieldSetting: ExpressibleByArgument, Hashable {
    case header(Bool)
    case separator(UInt8)

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        switch (parts[0], parts[1]) {
        case ("header", "y"): self = .header(true)
        case ("header", "n"): self = .header(false)
        case ("separator", "/t"): self = .separator(UInt8(ascii: "\t"))
        case ("separator", "/s"): self = .separator(UInt8(ascii: " "))
        case ("separator", let text):
            guard text.utf8.count == 1, let byte = text.utf8.first, byte >= 0x20, byte < 0x7F else { return nil }
            self = .separator(byte)
        default: return nil
        }
    }

    var separator: UInt8? { if case .separator(let byte) = self { byte } else { nil } }
}

extension String {
    /// Without what a terminal would obey.
    var harmless: String {
        String(unicodeScalars.prefix(200).map { $0.properties.generalCategory == .control ? "." : Character($0) })
    }
}
