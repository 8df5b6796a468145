import ArgumentParser
import Audit
import Foundation
import Settings

/// `conclave-server audit export`
struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes the records, or the latest checkpoint, to a file.",
        discussion: """
            Records are JSON objects on a line each; "event" and "hash" are the bytes that the chain is made of. A checkpoint is a \
            few lines of text with a signature: keep it on another host, and compare with it later ("audit verify --checkpoint").

            Examples:
              conclave-server audit export --checkpoint - | ssh other 'cat > conclave-$(date +%F).checkpoint'
              conclave-server audit export records.jsonl --since 7d
            """)

    @OptionGroup var source: AuditSource
    @OptionGroup var filter: AuditFilter

    @Argument(help: "The file to write; - for standard output.")
    var to: String = "-"

    @Flag(help: "The latest checkpoint instead of records.")
    var checkpoint = false

    @Flag(help: "Replaces a file that is there.")
    var force = false

    func run() async throws {
        try await explaining {
            let query = try filter.query()
            let reader = try source.open()
            let text: String
            if checkpoint {
                guard let latest = try AuditSource.explain({ try reader.latestCheckpoint() }) else {
                    throw ProgramError.unavailable(
                        "there is no checkpoint yet; the server makes one a minute, and when it is stopped")
                }
                text = latest.text
            } else {
                var lines = ""
                _ = try AuditSource.explain {
                    try reader.forEach(after: 0) { record in
                        guard query.matches(record) else { return }
                        lines += AuditJSON.line(for: record, isWhole: true) + "\n"
                        if to == "-", lines.utf8.count > 1 << 16 {
                            AuditOutput.write(lines)
                            lines = ""
                        }
                    }
                }
                text = lines
            }
            guard to != "-" else { return AuditOutput.write(text) }
            guard force || !FileManager.default.fileExists(atPath: to) else {
                throw ProgramError.usage("\(to) is there already; choose another name, or replace it with --force")
            }
            try AuditKeyFile.write(text, to: to, mode: 0o600)
        }
    }
}
