import ChatClient
import GRDB

extension StoreError {
    /// - Parameter path: of the database.
    init(_ error: any Error, database path: String) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self = .unavailable("the database \(path) cannot be used: \(error)")
            return
        }
        // No SQL and no arguments: words only.
        let words = error.message ?? "error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL: self = .diskFull
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT:
            self = .damaged("the database \(path) is damaged (\(words))")
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .inUse
        case .SQLITE_IOERR:
            self = .unavailable(
                "the disk failed at the database \(path) (\(words)): see the system's log, then start again")
        case .SQLITE_MISUSE: self = .unavailable("the database \(path) is closed")
        default: self = .unavailable("the database \(path) cannot be used (\(words))")
        }
    }
}
