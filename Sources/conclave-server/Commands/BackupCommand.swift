import ArgumentParser
import Foundation
import ServerStore
import Settings

/// `conclave-server backup`
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies the server's store into a file, also while the server runs.",
        discussion: """
            The copy is of one moment, with all that was acknowledged by then. It is read back, and gets its name only \
            when it is whole. Whoever has it can see who talks with whom and when, but not what: keep it as safe as the \
            server's folder. Certificates and keys are not in it.
            """)

    @Argument(help: ArgumentHelp("The file to make.", valueName: "file"), completion: .file())
    var file: String

    @OptionGroup var options: DataOptions

    @Flag(help: "Replace the file if it is there.")
    var force = false

    @Flag(help: "Say what was done in JSON.")
    var json = false

    func run() async throws {
        try await explaining { try backUp() }
    }

    private func backUp() throws {
        // The server goes first.
        _ = nice(10)
        let folder = try options.folder()
        let begin = ContinuousClock.now
        let store = try StoreFile.open(StoreFile.inside(folder))
        try checkTarget(folder)
        let progress = ProgressLine(isWanted: !json)
        let report = try copy(store, progress)
        progress.clear()
        AuditInbox.tell(.backup, "\(file) · \(StoreSummary.line(report))", in: folder)
        guard !json else { return try Output.json(StoreSummary(report, file: file)) }
        try Output.line("\(file) · \(StoreSummary.line(report))")
        try Output.line("Copied from \(folder) in \(Figures.seconds(since: begin)), read back and found whole.")
    }

    private func copy(_ store: ReadOnlyStore, _ progress: ProgressLine) throws -> VerificationReport {
        do throws(ServerStoreError) {
            let unfinished = try UnfinishedFile(name: file)
            let path = unfinished.path
            let interruption = Interruption { UnfinishedFile.remove(path) }
            defer { withExtendedLifetime(interruption) {} }
            try Backup.copy(store, to: unfinished) { done, total in
                progress.show("Copying", total == 0 ? nil : Double(done) / Double(total), of: Figures.bytes(total))
            }
            let report = try Verification.run(ReadOnlyStore(path: path), progress: progress.show)
            guard report.isWhole else {
                let words = StoreSummary.lines(report).joined(separator: "\n")
                throw .damaged("the store \(store.path) is damaged, and no backup was made of it:\n\(words)\n")
            }
            try unfinished.finish()
            return report
        } catch {
            throw ProgramError(error, ifDamaged: "restore an earlier backup with conclave-server restore")
        }
    }

    /// A backup beside what it is to save is lost with it.
    private func checkTarget(_ folder: String) throws {
        let target = URL(fileURLWithPath: file)
        let place = target.deletingLastPathComponent().resolvingSymlinksInPath().path
        let inside = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        guard place != inside, !place.hasPrefix(inside + "/") else {
            throw ProgramError.usage(
                "\(file) is in the folder that it is to save, and is lost with it; choose a place elsewhere, best on "
                    + "another disk")
        }
        var status = stat()
        guard lstat(file, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ProgramError.usage("\(file) is there already, and is no file; choose another name")
        }
        guard force else {
            throw ProgramError.usage("\(file) is there already; choose another name, or replace it with --force")
        }
    }
}
