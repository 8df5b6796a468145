import Firewall
import Glibc
import JSONText
import Settings

/// The folder with the lists: `NAME.body` as its publisher wrote it, `NAME.json` what is known of it, `NAME.held` a list that waits for
/// a person's yes.
///
/// Files change by renaming alone. Whoever renames `NAME.held` to `NAME.body` has accepted it.
struct FeedCache {
    let folder: String

    /// - Throws: ``ProgramError`` if there is no such folder that can be written to.
    init(_ folder: String) throws {
        self.folder = folder
        guard access(folder, R_OK | W_OK | X_OK) == 0 else { throw Files.failure("use", folder) }
    }

    /// For those that only look.
    init(reading folder: String) throws {
        self.folder = folder
        guard access(folder, R_OK | X_OK) == 0 else { throw Files.failure("read", folder) }
    }

    func body(_ name: String) -> String { "\(folder)/\(name).body" }
    func held(_ name: String) -> String { "\(folder)/\(name).held" }
    private func json(_ name: String) -> String { "\(folder)/\(name).json" }

    func hasHeld(_ name: String) -> Bool { access(held(name), F_OK) == 0 }
    func hasBody(_ name: String) -> Bool { access(body(name), F_OK) == 0 }

    /// What is known of a feed; `nil` if nothing is, or it is not readable: then it is fetched anew.
    func meta(_ name: String) throws -> FeedMeta? {
        guard let bytes = try Files.readIfThere(json(name), most: FeedMeta.largest + 1) else { return nil }
        return try? FeedMeta(parsing: bytes)
    }

    func save(_ meta: FeedMeta, _ name: String) throws {
        let file = try StagedFile("\(folder)/.\(name).json.part")
        try file.write(Array((meta.json.pretty + "\n").utf8))
        try file.take(placeOf: json(name))
        try settle()
    }

    func stage(_ name: String) throws -> StagedFile { try StagedFile("\(folder)/.\(name).body.part") }

    /// A new list is in force from here on; one that waited is forgotten.
    func install(_ file: StagedFile, _ name: String) throws {
        try file.take(placeOf: body(name))
        unlink(held(name))
        try settle()
    }

    func hold(_ file: StagedFile, _ name: String) throws {
        try file.take(placeOf: held(name))
        try settle()
    }

    func accept(_ name: String) throws {
        guard rename(held(name), body(name)) == 0 else { throw Files.failure("accept", held(name)) }
        try settle()
    }

    func forgetHeld(_ name: String) { unlink(held(name)) }

    /// What the list in force says; `nil` if there is none, or it is damaged.
    func content(_ source: FeedSource) throws -> FeedContent? {
        var parser = FeedParser(source.format, limits: FeedLimits(bytes: FeedLimits.largest))
        do {
            let isThere = try Files.forEachPiece(of: body(source.name)) { piece throws(FeedError) in
                try parser.consume(piece)
            }
            return isThere ? try parser.finish() : nil
        } catch is FeedError {
            return nil
        }
    }

    /// Keeps others out until it goes.
    /// - Parameters:
    ///   - file: `run` for the one that fetches all the time, `use` for who changes something now.
    ///   - seconds: how long to wait for others.
    func lock(_ file: String, seconds: Int, else words: String) throws -> Lock {
        let path = "\(folder)/.\(file).lock"
        // Reading is enough for a lock, also of a file that root made first.
        let descriptor = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw Files.failure("lock", path) }
        fchmod(descriptor, 0o644)
        let lock = Lock(descriptor: descriptor)
        let end = Clock.uptime + Int64(seconds)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw Files.failure("lock", path) }
            guard Clock.uptime < end else { throw ProgramError.unavailable(words) }
            usleep(50_000)
        }
        return lock
    }

    final class Lock {
        private let descriptor: Int32
        init(descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    /// Makes the disk know the new names.
    private func settle() throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure("use", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Files.failure("write", folder) }
    }
}
