import Foundation
import Testing

/// A small file system of its own in memory, gone with the value. It takes root to make one.
final class SmallDisk: Sendable {
    let path: String
    private let scratch: Scratch

    static let isPossible: Bool = {
        guard geteuid() == 0, let scratch = try? Scratch() else { return false }
        guard sh("mount", "-t", "tmpfs", "tmpfs", scratch.path) == 0 else { return false }
        _ = sh("umount", scratch.path)
        return true
    }()
    static let comment: Comment = "file systems cannot be mounted here: that takes root"

    init(mebibytes: Int) throws {
        scratch = try Scratch()
        path = scratch.path + "/disk"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try #require(Self.sh("mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=700", "tmpfs", path) == 0)
    }

    deinit { _ = Self.sh("umount", "-l", path) }

    /// - Parameter command: words without blanks.
    private static func sh(_ command: String...) -> Int32 { system(command.joined(separator: " ") + " 2>/dev/null") }

    private func space() throws -> Int {
        var status = statvfs()
        try #require(statvfs(path, &status) == 0)
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    private var filler: String { path + "/filler" }

    /// Takes all space but so many bytes.
    func fill(leaving rest: Int = 0) throws {
        let descriptor = open(filler, O_RDWR | O_CREAT, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var size = lseek(descriptor, 0, SEEK_END)
        while true {
            let free = try space() - rest
            guard free >= 4_096 else { return }
            // Whoever else writes may be quicker.
            guard posix_fallocate(descriptor, size, free) == 0 else { continue }
            size += off_t(free)
        }
    }

    func empty() throws { try FileManager.default.removeItem(atPath: filler) }
}
