import ArgumentParser
import ChatClient
import SQLiteStore
import Settings

/// `conclave passphrase`
struct PassphraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passphrase", abstract: "Set, change or remove the passphrase of this device's store.",
        discussion: "Copies of the store that were made before open as they did then.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "From now on the key file alone opens the store.")
    var remove = false

    @Option(
        help: ArgumentHelp(
            "Take the new passphrase from the first line of a file, instead of asking.", valueName: "file"))
    var newFrom: String?

    func run() async throws {
        try await report {
            guard !remove || newFrom == nil else {
                throw ProgramError.usage("--remove and --new-from exclude one another")
            }
            let options = try connection.resolve()
            warn(options)
            let setup = try ClientSetup(options)
            do throws(StoreError) {
                if remove {
                    try setup.store.change(to: .keyFile)
                } else if let newFrom {
                    try setup.store.change(to: .passphrase(try StoreAccess.passphrase(inFile: newFrom)))
                } else {
                    try setup.store.change(to: .passphrase(try StoreAccess.newPassphrase()))
                }
                try setup.store.close()
            } catch {
                throw ProgramError(error, folder: nil)
            }
            complain(
                remove
                    ? "the passphrase is gone: whoever can read the store's folder can read what is in it"
                    : "from now on the store opens with the new passphrase only; without it nobody reads it, you neither"
            )
            return .quit
        }
    }
}
