import ChatServer
import GRDB

/// Why the server's store cannot be used: what happened, and what to do.
package enum ServerStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It was written by a later version of this program.
    case newerSchema(found: Int, known: Int, path: String)
    case damaged(String)
    case full(String)
    case unavailable(String)

    package var description: String {
        switch self {
        case .newerSchema(let found, let known, let path):
            "\(path) was written by a newer conclave-server (form \(found); this one knows \(known)): use that one, or "
                + "restore the backup that it made"
        case .damaged(let words): "\(words): restore the data folder from a backup, or begin with a new one by --data"
        case .full(let words), .unavailable(let words): words
        }
    }

    /// Whether there was no space, and nothing else is wrong.
    package var isFull: Bool {
        if case .full = self { true } else { false }
    }

    /// - Parameter path: of the database.
    init(_ error: any Error, database path: String) {
        if let error = error as? ServerStoreError {
            self = error
            return
        }
        if let error = error as? RecoveryError {
            self = .damaged("the database \(path) is damaged (\(error))")
            return
        }
        guard let error = error as? DatabaseError else {
            self = .unavailable("the database \(path) cannot be used: \(error)")
            return
        }
        // No SQL and no arguments: words only.
        let words = error.message ?? "error \(error.extendedResultCode.rawValue)"
        // The index of the log, which is no part of what must last, could not grow: what is in the log was not committed.
        if error.extendedResultCode == .SQLITE_IOERR_SHMSIZE {
            self = .full("the disk with \(path) is full: make space, then start again")
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL: self = .full("the disk with \(path) is full: make space, then start again")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT:
            self = .damaged("the database \(path) is damaged (\(words))")
        case .SQLITE_IOERR:
            self = .unavailable(
                "the disk failed at the database \(path) (\(words)): see the system's log, then start again")
        default: self = .unavailable("the database \(path) cannot be used (\(words))")
        }
    }
}
