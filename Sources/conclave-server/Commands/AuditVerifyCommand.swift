import ArgumentParser
import Audit
import Foundation
import ServerStore
import Settings
import Terminal

/// `conclave-server audit verify`
struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Finds what was edited, deleted, moved, cut off or rewritten.",
        discussion: """
            By itself it finds what somebody did who has the database. Whoever has audit-key.pem too can write the log anew from \
            the begin: against that, keep a checkpoint on another host ("audit export --checkpoint") and compare with it \
            (--checkpoint FILE).

            Exit status: 0 intact, 1 not intact.
            """)

    @OptionGroup var source: AuditSource

    @Option(help: ArgumentHelp("A checkpoint that was kept elsewhere, to compare with; or several.", valueName: "file"))
    var checkpoint: [String] = []

    @Option(
        help: ArgumentHelp(
            "The public key, if not audit-public.pem in the server's folder; several if it was replaced.",
            valueName: "file"))
    var key: [String] = []

    @Flag(help: "One JSON object.")
    var json = false

    func run() async throws {
        try await explaining {
            let keys = try publicKeys()
            let given = try checkpoint.map { try Self.readCheckpoint($0) }
            let reader = try source.open()
            let report = try AuditSource.explain {
                try reader.verify(keys: keys, given: given, progress: Self.progress)
            }
            AuditOutput.write((json ? AuditJSON.line(for: report) : report.lines.joined(separator: "\n")) + "\n")
            guard report.isIntact else { throw ExitCode(1) }
        }
    }

    private func publicKeys() throws -> [AuditPublicKey] {
        guard key.isEmpty else { return try key.map { try AuditKeyFile.readPublic($0) } }
        if source.file != nil, try AuditKeyFile.read(AuditKeyFile.publicPath(in: source.folder())) == nil {
            throw ProgramError.usage(
                "name the audit log's public key with --key: audit-public.pem of the server's folder")
        }
        return [try AuditKeyFile.readPublic(AuditKeyFile.publicPath(in: source.folder()))]
    }

    private static func readCheckpoint(_ path: String) throws -> AuditStatement {
        guard let text = try AuditKeyFile.read(path) else {
            throw ProgramError.missingFile(
                "there is no checkpoint \(path); make one with: audit export --checkpoint \(path)")
        }
        guard let statement = AuditStatement(text), statement.subject == .checkpoint else {
            throw ProgramError.configuration(
                "\(path) is no checkpoint; it begins with \"conclave audit checkpoint 1\" and is as \"audit export "
                    + "--checkpoint\" made it")
        }
        return statement
    }

    private static func progress(_ seen: UInt64, _ total: UInt64) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        let end = seen + 10_000 > total ? "\r\u{1B}[K" : ""
        _ = TerminalDevice.write("\r\(seen) of \(total) records\(end)", to: STDERR_FILENO)
    }
}
