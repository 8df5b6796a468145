import Glibc

/// Puts a copy of a store into the place of a server's store, which is kept beside it. The server must not run.
///
/// Wherever this is cut off, the old store is in its place or kept whole, and a server does not begin with an empty one: it finds what is
/// half done, and says so.
package struct BackupRestoration {
    private let files: StoreFiles
    private let folder: String

    /// - Parameter folder: the server's, which this process has locked.
    package init(folder: String) {
        self.folder = folder
        files = StoreFiles(database: ReadOnlyStore.path(in: folder))
    }

    /// The file that is to become the store; to be written by ``Backup/copy(_:to:progress:)``.
    package func begin() throws(ServerStoreError) -> UnfinishedFile {
        let file = try UnfinishedFile(name: files.incoming)
        file.give(toOwnerOf: folder)
        return file
    }

    /// Puts the file into its place.
    /// - Parameter keep: a name for a new folder in the server's, for the old store.
    /// - Returns: that folder; `nil` if there was no old store.
    package func finish(_ file: UnfinishedFile, keep: String) throws(ServerStoreError) -> String? {
        let parts = [files.database, files.database + "-wal"]
        let kept = try self.keep(parts.filter { access($0, F_OK) == 0 }, as: keep)
        try file.finish()
        // The database first: its log alone is refused by a server, and so is nothing at all beside what was to be restored.
        for part in parts + [files.database + "-shm"] {
            guard unlink(part) == 0 || errno == ENOENT else { throw FileFailure.error("removed", part) }
            try FileFailure.syncFolder(of: part)
        }
        guard rename(files.incoming, files.database) == 0 else {
            throw FileFailure.error("renamed to \(files.database)", files.incoming)
        }
        try FileFailure.syncFolder(of: files.database)
        return kept
    }

    /// Gives the old files second names, so that at no time there is less than both or one whole store.
    /// - Returns: the folder with them.
    private func keep(_ old: [String], as name: String) throws(ServerStoreError) -> String? {
        guard !old.isEmpty else { return nil }
        let kept = try makeFolder(folder + "/" + name)
        for part in old {
            let second = kept + part.dropFirst(folder.count)
            guard link(part, second) == 0 else { throw FileFailure.error("kept as \(second)", part) }
        }
        try FileFailure.syncFolder(of: kept + "/.")
        try FileFailure.syncFolder(of: kept)
        return kept
    }

    private func makeFolder(_ wanted: String) throws(ServerStoreError) -> String {
        var path = wanted
        var number = 1
        while mkdir(path, 0o700) != 0 {
            guard errno == EEXIST, number < 1_000 else { throw FileFailure.error("made", path) }
            number += 1
            path = wanted + "-\(number)"
        }
        var status = stat()
        guard geteuid() == 0, stat(folder, &status) == 0 else { return path }
        _ = chown(path, status.st_uid, status.st_gid)
        return path
    }
}
