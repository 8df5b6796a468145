import GRDB

/// Why the log cannot be used: what happened, and what to do.
package enum FirewallStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A later version of this program wrote it.
    case newerSchema(found: Int, known: Int, path: String)
    /// There is none yet.
    case missing(String)
    /// There is no space.
    case full(String)
    /// It is no database, or a broken one.
    case damaged(path: String, reason: String)
    case unavailable(path: String, reason: String)

    package var description: String {
        switch self {
        case .newerSchema(let found, let known, let path):
            "\(path) was written by a newer conclave-firewall (form \(found); this one knows \(known)): use that one, or "
                + "move the file away to begin a new log"
        case .missing(let path): "there is no log \(path) yet: it begins when conclave-firewall run is started"
        case .full(let path): "there is no space for the log \(path): free some"
        case .damaged(let path, let reason):
            "the log \(path) is damaged (\(reason)): conclave-firewall run sets it aside and begins a new one"
        case .unavailable(let path, let reason):
            "the log \(path) cannot be used: \(reason). Look at who owns the file and its folder"
        }
    }

    init(_ error: any Error, path: String) {
        if let error = error as? FirewallStoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self = .unavailable(path: path, reason: "\(error)")
            return
        }
        let reason = error.message ?? "\(error.resultCode)"
        switch error.resultCode {
        case .SQLITE_FULL: self = .full(path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(path: path, reason: reason)
        default: self = .unavailable(path: path, reason: reason)
        }
    }
}
