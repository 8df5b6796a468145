import Audit
import Foundation
import Glibc
import Settings

/// Events that happened without the server: a backup, a restore. Whoever makes them leaves a note in the server's folder; the server, which alone
/// writes to the log, takes them in.
enum AuditInbox {
    private static func folder(in data: String) -> String { data + "/audit-inbox" }
    private static let suffix = ".event"
    /// What can happen without the server; all else it tells itself.
    private static let kinds: Set<AuditKind> = [.backup, .restored]
    /// Notes that are taken at once.
    private static let maximumCount = 64

    /// Leaves a note, to be recorded when the server runs.
    /// - Throws: ``ProgramError``
    static func leave(_ event: AuditEvent, in data: String) throws {
        let folder = folder(in: data)
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw ProgramError.permission("\(folder) cannot be made: \(String(cString: strerror(errno)))")
        }
        let name = folder + "/" + UUID().uuidString
        try AuditKeyFile.write(Hexadecimal.text(event.encoded), to: name + suffix, mode: 0o600)
        // What root leaves here, the server must be able to read and to remove.
        var owner = stat()
        guard geteuid() == 0, stat(data, &owner) == 0 else { return }
        for path in [folder, name + suffix] { _ = lchown(path, owner.st_uid, owner.st_gid) }
    }

    /// The notes that are there, oldest first, and their files.
    static func look(in data: String) -> [(event: AuditEvent, path: String)] {
        let folder = folder(in: data)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let notes = names.filter { $0.hasSuffix(suffix) }.sorted().prefix(maximumCount).compactMap { name in
            let path = folder + "/" + name
            // What is no note is left alone: only the server's own user can put it there.
            let text = try? AuditKeyFile.read(path, waits: false)
            let event = text.flatMap { Hexadecimal.bytes($0) }.flatMap { try? AuditEvent(decoding: $0) }
            return event.flatMap { kinds.contains($0.kind) ? (event: $0, path: path) : nil }
        }
        return notes.sorted { $0.event.time < $1.event.time }
    }

    /// The notes were recorded.
    static func remove(_ paths: [String]) {
        for path in paths { unlink(path) }
    }
}
