import Chat
import ChatClient
import Foundation
import SQLiteStore
import Settings
import Terminal

/// Finds a device's store and what opens it, and says what a person should know of that.
struct StoreAccess {
    let options: ClientOptions
    let folder: String

    /// - Parameter authority: the fingerprint of the authority: devices of two deployments may have the same name.
    init(_ options: ClientOptions, authority: String) {
        self.options = options
        let name = "\(options.identity.user)-\(options.identity.device)@\(authority.prefix(16))"
        folder = options.store ?? ConnectionOptions.home + "/.local/share/conclave/" + name
    }

    /// Opens the store; makes it if there is none.
    func open() throws(ProgramError) -> SQLiteRecordStore {
        do throws(StoreError) {
            switch try SQLiteRecordStore.state(of: folder) {
            case .none: return try make()
            case .keyFile:
                if options.asksPassphrase {
                    complain("the store \(folder) has no passphrase; set one with: conclave passphrase")
                }
                return try SQLiteRecordStore.open(folder: folder, unlock: .keyFile)
            case .passphrase:
                return try SQLiteRecordStore.open(folder: folder, unlock: try present())
            }
        } catch {
            throw ProgramError(error, folder: folder)
        }
    }

    private func make() throws(StoreError) -> SQLiteRecordStore {
        let unlock: StoreUnlock
        if let file = options.passphraseFile {
            unlock = .passphrase(try Self.passphrase(inFile: file))
        } else if options.asksPassphrase {
            unlock = .passphrase(try Self.newPassphrase())
        } else {
            unlock = .keyFile
        }
        let store = try SQLiteRecordStore.open(folder: folder, unlock: unlock)
        if case .keyFile = unlock {
            complain(
                "your rooms and messages are kept in \(folder), sealed by the key in store.key there, which only your "
                    + "account can read; lock it with a passphrase: conclave passphrase")
        } else {
            complain(
                "your rooms and messages are kept in \(folder), sealed by your passphrase; without it nobody reads them"
            )
        }
        return store
    }

    /// What opens a store that has a passphrase.
    private func present() throws(StoreError) -> StoreUnlock {
        if let file = options.passphraseFile { return .passphrase(try Self.passphrase(inFile: file)) }
        guard let typed = HiddenInput.ask("passphrase of \(options.identity)'s store: ") else {
            throw .passphraseNeeded
        }
        return .passphrase(try Self.passphrase(typed))
    }

    /// Asks twice.
    static func newPassphrase() throws(StoreError) -> Passphrase {
        guard let first = HiddenInput.ask("new passphrase: ") else { throw .passphraseNeeded }
        guard let second = HiddenInput.ask("the same again: ") else { throw .passphraseNeeded }
        guard first == second else { throw .unavailable("these were two different passphrases; nothing was changed") }
        return try passphrase(first)
    }

    private static func passphrase(_ typed: [UInt8]) throws(StoreError) -> Passphrase {
        var typed = typed
        return try Passphrase(wiping: &typed)
    }

    /// The first line of a file.
    static func passphrase(inFile path: String) throws(StoreError) -> Passphrase {
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: Passphrase.lengths.upperBound + 2)
        else { throw .unavailable("the file \(path) with the passphrase cannot be read") }
        return try passphrase(Array(data.prefix { $0 != 0x0A && $0 != 0x0D }))
    }
}

extension ProgramError {
    /// - Parameter folder: the store's, where it helps.
    init(_ error: StoreError, folder: String?) {
        let place = folder.map { "the store \($0): " } ?? ""
        switch error {
        case .inUse:
            self = .unavailable(
                "\(place)another running program has it open: close that one first, or use another device of yours "
                    + "(scripts/certs client USER --device DEVICE, then --as USER/DEVICE)")
        case .passphraseNeeded:
            self = .permission(
                "\(place)it is locked by a passphrase: start on a terminal and type it, or name a file that holds it in "
                    + "CONCLAVE_PASSPHRASE_FILE")
        case .wrongPassphrase, .noPassphraseSet, .passphraseLength, .exposed: self = .permission("\(place)\(error)")
        case .damaged, .newerSchema: self = .configuration("\(place)\(error)")
        case .diskFull, .unavailable: self = .unavailable("\(place)\(error)")
        }
    }
}
