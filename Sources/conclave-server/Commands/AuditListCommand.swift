import ArgumentParser
import Audit
import Foundation
import ServerStore
import Terminal

/// `conclave-server audit list`
struct AuditListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows the latest records.",
        discussion: """
            Examples:
              conclave-server audit list --since 2h --event refused,expelled
              conclave-server audit list --user alice --limit 0 --json
              conclave-server audit list --follow
            """)

    @OptionGroup var source: AuditSource
    @OptionGroup var filter: AuditFilter

    @Option(help: "How many at most, the latest; 0 for all.")
    var limit: Int = 100

    @Flag(help: "Goes on with what comes, until Ctrl-C.")
    var follow = false

    @Flag(help: "One JSON object on a line.")
    var json = false

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit is a number from 0 on; 0 means all") }
    }

    func run() async throws {
        try await explaining {
            let query = try filter.query()
            let reader = try source.open()
            try await AuditSource.explainLong { try await list(reader, query) }
        }
    }

    private func list(_ reader: AuditReader, _ query: AuditQuery) async throws {
        var last = try reader.lastNumber()
        let (records, hasEarlier) = try reader.latest(limit == 0 ? nil : limit, through: last) { query.matches($0) }
        let isTerminal = isatty(STDOUT_FILENO) == 1
        var columns = AuditColumns(
            width: isTerminal ? TerminalDevice().columns : nil, colours: TerminalDevice.hasColours, fitting: records,
            isOpen: follow)
        if json {
            show(records.map { AuditJSON.line(for: $0) })
        } else if records.isEmpty, !follow {
            AuditOutput.tell(last == 0 ? "The audit log is empty." : "No record of \(last) fits.")
        } else {
            if hasEarlier, isTerminal {
                AuditOutput.tell("There are earlier ones; --limit 0 shows all, --limit N the latest N.")
            }
            show([columns.header] + records.map { columns.lines(for: $0) })
        }
        while follow {
            try await Task.sleep(for: .milliseconds(500))
            var new: [AuditRecord] = []
            last = try reader.forEach(after: last) { if query.matches($0) { new.append($0) } }
            if json {
                show(new.map { AuditJSON.line(for: $0) })
            } else {
                if columns.fit(new), isTerminal { show([columns.header]) }
                show(new.map { columns.lines(for: $0) })
            }
        }
    }

    private func show(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        AuditOutput.write(lines.joined(separator: "\n") + "\n")
    }
}
