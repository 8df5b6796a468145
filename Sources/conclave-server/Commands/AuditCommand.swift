import ArgumentParser
import Audit
import Chat
import Foundation
import ServerStore
import Settings
import Terminal

/// `conclave-server audit`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Looks at the record of who connected, was refused, and changed rooms.",
        discussion: """
            The log holds no word of what is said. It is chained and signed: "audit verify" finds what was edited, deleted, \
            moved, cut off or rewritten. These commands only read, while the server runs and while it does not.
            """,
        subcommands: [AuditListCommand.self, AuditVerifyCommand.self, AuditExportCommand.self])
}

/// Where the audit log is.
struct AuditSource: ParsableArguments {
    @OptionGroup var data: DataOptions

    @Option(help: ArgumentHelp("A database instead of the server's own, such as a backup.", valueName: "file"))
    var file: String?

    func folder() throws -> String { try data.folder() }

    /// - Throws: ``ProgramError``
    func open() throws -> AuditReader {
        let path = try file ?? folder() + "/conclave.db"
        guard FileManager.default.fileExists(atPath: path) else {
            throw ProgramError.missingFile(
                "there is no database \(path); name the server's folder with --data, or a database with --file")
        }
        return try Self.explain { try AuditReader(path: path) }
    }

    /// Turns what the store says into what the program says.
    static func explain<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as ServerStoreError {
            throw ProgramError.unavailable("\(error)")
        }
    }

    /// The same for what takes long.
    static func explainLong(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ServerStoreError {
            throw ProgramError.unavailable("\(error)")
        }
    }
}

/// Which records.
struct AuditFilter: ParsableArguments {
    @Option(
        help: "From then on: how long ago (45s, 30m, 2h, 7d, 2w), or a time in UTC (2026-11-21, \"2026-11-21 14:03\").")
    var since: String?

    @Option(help: "Before then; the same forms.")
    var until: String?

    @Option(help: "What a user did or had done to it: alice, or alice/laptop for one device.")
    var user: String?

    @Option(help: "From an address or network: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32.")
    var address: String?

    @Option(
        help: ArgumentHelp(
            "Kinds of events, several with commas between: \(AuditKind.allCases.map(\.name).joined(separator: ", ")).",
            valueName: "event"))
    var event: [String] = []

    @Option(help: ArgumentHelp("In a room: the first hexadecimal digits of its id.", valueName: "id"))
    var room: String?

    /// - Throws: ``ProgramError``
    func query() throws -> AuditQuery {
        do {
            return try AuditQuery(
                since: since, until: until, user: user, address: address, events: event, room: room,
                now: .now)
        } catch {
            throw ProgramError.usage("\(error)")
        }
    }
}

/// Where answers go.
enum AuditOutput {
    /// Ends the program if nobody reads any more.
    static func write(_ text: String) {
        if !TerminalDevice.write(text, to: STDOUT_FILENO) { exit(0) }
    }

    static func tell(_ text: String) { _ = TerminalDevice.write(text + "\n", to: STDERR_FILENO) }
}
