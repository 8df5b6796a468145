/// Why the client's store cannot be opened, read or written. In none of these cases anything that was stored is lost.
package enum StoreError: Error, Hashable, Sendable {
    case wrongPassphrase
    /// The store is locked by a passphrase, and none was given.
    case passphraseNeeded
    /// A passphrase was given, but the store has none.
    case noPassphraseSet
    /// A passphrase of this many bytes: not of ``Passphrase/lengths``.
    case passphraseLength(Int)
    /// A record, or the file, is not what this program wrote there: a clause that names it.
    case damaged(String)
    /// It was written by a newer program.
    case newerSchema(found: Int, known: Int)
    /// Another process uses it.
    case inUse
    case diskFull
    /// Others than the owner may open a file or folder: its path, its mode and the mode that it must have, both octal.
    case exposed(path: String, mode: String, shouldBe: String)
    /// The operating system or the database refused; its words.
    case unavailable(String)
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wrongPassphrase:
            "the passphrase is wrong; nothing was changed: try again"
        case .passphraseNeeded:
            "the store is locked by a passphrase: start again and type it"
        case .noPassphraseSet:
            "the store has no passphrase: open it without one, and set one then if you want it locked"
        case .passphraseLength(let length):
            "a passphrase has \(Passphrase.lengths.lowerBound) to \(Passphrase.lengths.upperBound) bytes, this one \(length):"
                + " choose another"
        case .damaged(let clause):
            "\(clause); nothing was deleted: restore the store's whole folder from a backup, or move it away to start with an"
                + " empty one"
        case .newerSchema(let found, let known):
            "a newer program wrote the store (its form \(found), known here \(known)); nothing was changed:"
                + " update this program, or put back the backup that the newer one made"
        case .inUse:
            "the store is open in another running program: close that one first"
        case .diskFull:
            "the disk is full; what was stored before is safe: free some space and try again"
        case .exposed(let path, let mode, let shouldBe):
            "\(path) is open to others than you (mode \(mode)); nothing was changed: run chmod \(shouldBe) '\(path)', and set"
                + " a new passphrase if others may have read it"
        case .unavailable(let words):
            words
        }
    }
}
