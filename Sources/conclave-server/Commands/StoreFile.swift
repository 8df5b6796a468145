import Glibc
import ServerStore
import Settings

/// Files with stores, as commands name them.
enum StoreFile {
    /// The store in a server's folder.
    /// - Throws: ``ProgramError`` if there is none.
    static func inside(_ folder: String) throws -> String {
        let path = ReadOnlyStore.path(in: folder)
        guard access(path, F_OK) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else { throw unreadable(path) }
            throw ProgramError.missingFile("there is no store in \(folder); name the server's folder with --data")
        }
        return path
    }

    /// - Throws: ``ProgramError`` if the file is not there, may not be read, or is no store.
    static func open(_ path: String, ifDamaged remedy: String? = nil) throws -> ReadOnlyStore {
        guard access(path, F_OK) == 0 else {
            throw ProgramError.missingFile("there is no file \(path)")
        }
        guard access(path, R_OK) == 0 else { throw unreadable(path) }
        do throws(ServerStoreError) {
            return try ReadOnlyStore(path: path)
        } catch {
            throw ProgramError(error, ifDamaged: remedy)
        }
    }

    private static func unreadable(_ path: String) -> ProgramError {
        .permission("\(path) cannot be read: \(String(cString: strerror(errno))); run this as the server's user")
    }
}

extension ProgressLine {
    func show(_ progress: Verification.Progress) {
        switch progress {
        case .database: show("Checking the database")
        case .entries(let fraction): show("Checking the entries", fraction)
        }
    }
}
