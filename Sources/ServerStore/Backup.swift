import Foundation
import GRDB
import Synchronization

/// Copies of a store, made while a server writes to it.
///
/// `VACUUM INTO` makes them, of one moment: it keeps the server's log from beginning anew as long as it runs, and nothing else. SQLite's backup in
/// steps begins again whenever the server has written, and so never ends under load; within one transaction it takes as long as this, and it
/// copies what was deleted too.
package enum Backup {
    /// Bytes after which what was copied is brought to the disk: at the end there is not much left then, for which the server would wait.
    private static let portion: UInt64 = 32 << 20

    /// Copies a store into a file that is on the disk when this returns, but has not its name yet.
    /// - Parameter progress: is told how many bytes there are, and about how many there will be; on another thread.
    package static func copy(
        _ store: ReadOnlyStore, to file: UnfinishedFile, progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) throws(ServerStoreError) {
        let watcher: Watcher
        do {
            let total = try store.bare { db in
                let numbers = try ["page_count", "freelist_count", "page_size"].map { name in
                    UInt64(clamping: try Int64.fetchOne(db, sql: "PRAGMA " + name) ?? 0)
                }
                return (numbers[0] - min(numbers[0], numbers[1])) * numbers[2]
            }
            watcher = Watcher(path: file.path, total: total, progress: progress)
            defer { watcher.end() }
            try store.bare { try $0.execute(sql: "VACUUM INTO ?", arguments: [file.path]) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            throw .full("there is no space for \(file.name) on its disk: make space, or choose another place")
        } catch {
            throw ServerStoreError(error, database: store.path)
        }
        try file.sync()
    }

    /// Tells how far a file has grown, and brings it to the disk bit by bit.
    private final class Watcher: Sendable {
        private let isOver = Mutex(false)
        private let done = DispatchSemaphore(value: 0)

        init(path: String, total: UInt64, progress: @escaping @Sendable (UInt64, UInt64) -> Void) {
            Thread { [self] in
                watch(path, total, progress)
                done.signal()
            }.start()
        }

        private func watch(_ path: String, _ total: UInt64, _ progress: (UInt64, UInt64) -> Void) {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return }
            defer { close(descriptor) }
            var synced: UInt64 = 0
            while !isOver.withLock({ $0 }) {
                usleep(50_000)
                var status = stat()
                guard fstat(descriptor, &status) == 0 else { continue }
                let size = UInt64(clamping: status.st_size)
                progress(min(size, total), total)
                guard size >= synced + portion else { continue }
                // Only to spread the work: whether it has succeeded is found out at the end.
                _ = fdatasync(descriptor)
                synced = size
            }
        }

        func end() {
            isOver.withLock { $0 = true }
            done.wait()
        }
    }
}
