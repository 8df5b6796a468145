import ArgumentParser
import Foundation
import ServerStore
import Settings

/// `conclave-server restore`
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts a backup into the place of the server's store; the server must be stopped.",
        discussion: """
            The backup is checked first. The store that was there is kept in a folder of its own inside the server's, \
            named for the moment: nothing is lost. Clients notice that the server went back, say so, and send again what \
            it lacks, where they are the senders.
            """)

    @Argument(help: ArgumentHelp("What conclave-server backup has made.", valueName: "file"), completion: .file())
    var file: String

    @OptionGroup var options: DataOptions

    @Flag(help: "Say what was done in JSON.")
    var json = false

    private struct Summary: Encodable {
        var restored: StoreSummary
        /// Where the old store is.
        var kept: String?
    }

    func run() async throws {
        try await explaining { try restore() }
    }

    private func restore() throws {
        let folder = try options.folder()
        let backup = try StoreFile.open(file, ifDamaged: Self.remedy)
        var (from, to) = (stat(), stat())
        if stat(file, &from) == 0, stat(ReadOnlyStore.path(in: folder), &to) == 0,
            from.st_dev == to.st_dev, from.st_ino == to.st_ino
        {
            throw ProgramError.usage("\(file) is the store in \(folder) itself; name a backup")
        }
        let lock = try lock(folder)
        let progress = ProgressLine(isWanted: !json)
        let (report, kept) = try replace(folder, with: backup, progress)
        progress.clear()
        AuditInbox.tell(.restored, "\(file) · \(StoreSummary.line(report))", in: folder)
        _ = consume lock
        try tell(report, kept, folder)
    }

    private static let remedy = "choose another backup"

    /// - Returns: what is in the store now, and where the old one is.
    private func replace(
        _ folder: String, with backup: ReadOnlyStore, _ progress: ProgressLine
    ) throws -> (VerificationReport, kept: String?) {
        do throws(ServerStoreError) {
            let restoration = BackupRestoration(folder: folder)
            let incoming = try restoration.begin()
            let path = incoming.path
            let interruption = Interruption { UnfinishedFile.remove(path) }
            try Backup.copy(backup, to: incoming) { done, total in
                progress.show("Copying", total == 0 ? nil : Double(done) / Double(total), of: Figures.bytes(total))
            }
            let report = try Verification.run(ReadOnlyStore(path: path), progress: progress.show)
            guard report.isWhole else {
                let words = StoreSummary.lines(report).joined(separator: "\n")
                throw .damaged("the backup \(file) is damaged, and nothing was changed:\n\(words)\n")
            }
            withExtendedLifetime(interruption) {}
            return (report, try restoration.finish(incoming, keep: "replaced-" + Self.moment()))
        } catch {
            throw ProgramError(error, ifDamaged: Self.remedy)
        }
    }

    private func tell(_ report: VerificationReport, _ kept: String?, _ folder: String) throws {
        guard !json else {
            return try Output.json(
                Summary(restored: StoreSummary(report, file: ReadOnlyStore.path(in: folder)), kept: kept))
        }
        try Output.line("Restored into \(folder) · \(StoreSummary.line(report))")
        if let kept {
            try Output.line("The store that was there is kept in \(kept); delete it when nobody needs it any more.")
        }
        try Output.line(
            "Start the server now. Clients will notice that it went back, say so, and send again what it lacks.")
    }

    private func lock(_ folder: String) throws -> DataFolder {
        do {
            return try DataFolder(folder)
        } catch let error as ProgramError where error.status == 69 {
            throw ProgramError.unavailable(
                "a server is running with \(folder); stop it first (systemctl stop conclave-server), then restore")
        }
    }

    /// `2026-11-21T14-53-12Z`, without what is awkward in a file's name.
    private static func moment() -> String {
        Figures.stamp(milliseconds: UInt64(clamping: wallClock().milliseconds)).replacing(":", with: "-")
    }
}
