import ArgumentParser
import ServerStore
import Settings

/// `conclave-server verify`
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks the server's store, or a backup: all of it, also while the server runs.",
        discussion: """
            Checked are the database itself, and in every room the numbers of its entries, their hash chain, and what \
            belongs to them. The exit status is 0 if all is whole, and 1 if something is not; then it is said what and \
            where.
            """)

    @Argument(
        help: ArgumentHelp("A backup. Without it, the store in the server's folder is checked.", valueName: "file"),
        completion: .file())
    var file: String?

    @OptionGroup var options: DataOptions

    @Flag(help: "Say what was found in JSON.")
    var json = false

    func validate() throws {
        guard file == nil || options.data == nil else {
            throw ValidationError("Name a file or a folder with --data, not both.")
        }
    }

    func run() async throws {
        try await explaining { try verify() }
    }

    private func verify() throws {
        let path = try file ?? StoreFile.inside(options.folder())
        let remedy = file == nil ? "restore a backup with conclave-server restore" : "choose another backup"
        let begin = ContinuousClock.now
        let store = try StoreFile.open(path, ifDamaged: remedy)
        let progress = ProgressLine(isWanted: !json)
        let report: VerificationReport
        do throws(ServerStoreError) {
            report = try Verification.run(store, progress: progress.show)
        } catch {
            throw ProgramError(error, ifDamaged: remedy)
        }
        progress.clear()
        if json {
            try Output.json(StoreSummary(report, file: path))
            if !report.isWhole { throw ExitCode(1) }
            return
        }
        guard report.isWhole else {
            let words = StoreSummary.lines(report).joined(separator: "\n")
            throw ProgramError(status: 1, "\(path) is damaged; \(remedy):\n\(words)")
        }
        try Output.line("\(path) is whole · \(StoreSummary.line(report)) · form \(report.form)")
        try Output.line("Checked in \(Figures.seconds(since: begin)).")
    }
}
