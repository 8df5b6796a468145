import Foundation
import Testing

/// A disk whose power can be cut: a file system in a file, in a file system in a file, in a third one. What was not brought from one to the
/// next below is in the kernel's memory alone, and a copy of the file below, taken in an instant, does not have it.
///
///     ext4, where the server writes  ->  system/disk   what the kernel has sent to the drive
///     xfs, the drive's memory        ->  drive/disk    what the drive was told to flush
///     xfs, which copies a file in no time
final class Disk {
    /// Whose memory is lost.
    enum Loss: CaseIterable {
        /// The kernel's: what it had sent to the drive is there.
        case system
        /// The drive's too: only what was flushed is there.
        case drive
    }

    /// What is left after the power was cut, in order again.
    final class Remains {
        let path: String
        fileprivate let mounts: Mounts

        fileprivate init(_ path: String, _ mounts: Mounts) {
            self.path = path
            self.mounts = mounts
        }
    }

    private let mounts: Mounts
    private var copies = 0
    var path: String { mounts.folder + "/data" }

    init() async throws {
        mounts = try Mounts()
        let folder = mounts.folder
        try await mounts.make("xfs", size: 3 << 30, at: folder + "/image", mounted: folder + "/drive")
        try await mounts.make("xfs", size: 2 << 30, at: folder + "/drive/disk", mounted: folder + "/system")
        try await mounts.make("ext4", size: 1 << 30, at: folder + "/system/disk", mounted: folder + "/data")
    }

    /// Takes what a power cut at this moment would leave. The disk itself goes on.
    func cut(_ loss: Loss) async throws -> Remains {
        copies += 1
        let (folder, name) = (mounts.folder, "/copy\(copies)")
        switch loss {
        case .system:
            try clone(folder + "/system/disk", folder + "/system" + name)
            let remains = try Mounts(removing: [folder + "/system" + name])
            try await remains.mount("ext4", folder + "/system" + name, at: remains.folder + "/data")
            return Remains(remains.folder + "/data", remains)
        case .drive:
            try clone(folder + "/drive/disk", folder + "/drive" + name)
            let remains = try Mounts(removing: [folder + "/drive" + name])
            try await remains.mount("xfs", folder + "/drive" + name, at: remains.folder + "/system")
            try await remains.mount("ext4", remains.folder + "/system/disk", at: remains.folder + "/data")
            return Remains(remains.folder + "/data", remains)
        }
    }

    /// Copies a file as it is in one instant: the copy shares its blocks.
    private func clone(_ file: String, _ copy: String) throws {
        let source = open(file, O_RDONLY | O_CLOEXEC)
        let target = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        defer {
            close(source)
            close(target)
        }
        // FICLONE of <linux/fs.h>, which Swift does not import: _IOW(0x94, 9, int).
        let status = ioctl(target, 0x4004_9409, source)
        try #require(status == 0, "a file cannot be cloned: \(String(cString: strerror(errno)))")
    }

    /// Whether it can be had here: it takes root, and the tools.
    static let isThere: Bool =
        getuid() == 0 && FileManager.default.fileExists(atPath: "/dev/loop-control")
        && ["mkfs.xfs", "mkfs.ext4", "mount", "umount"].allSatisfy { name in
            ["/sbin/", "/usr/sbin/", "/bin/", "/usr/bin/"].contains {
                FileManager.default.isExecutableFile(atPath: $0 + name)
            }
        }
    static let comment: Comment =
        "the power cannot be cut without root, loop devices and mkfs.xfs; run as root, after scripts/packages test"
}

/// File systems in a folder, gone with the value, the last first.
final class Mounts {
    let folder: String
    private var mounted: [String] = []
    private let removing: [String]
    private let scratch: Scratch

    /// - Parameter removing: files to be removed at the end.
    init(removing: [String] = []) throws {
        scratch = try Scratch()
        self.removing = removing
        // In memory where that is possible: it is many small flushes.
        let memory = "/dev/shm"
        let base = FileManager.default.isWritableFile(atPath: memory) ? memory : scratch.path
        folder = base + "/conclave-disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        for path in mounted.reversed() where umount2(path, 0) != 0 {
            // A server that was killed may still be going.
            umount2(path, Int32(MNT_DETACH))
        }
        for path in removing + [folder] { try? FileManager.default.removeItem(atPath: path) }
    }

    func make(_ kind: String, size: Int, at file: String, mounted path: String) async throws {
        try scratch.write("", to: file)
        try #require(truncate(file, size) == 0)
        try await shell(["mkfs." + kind, "-q", file], in: scratch)
        try await mount(kind, file, at: path)
    }

    func mount(_ kind: String, _ file: String, at path: String) async throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        // A copy has the name of what it was copied from, which XFS else takes for the same.
        let options = kind == "xfs" ? "loop,nouuid" : "loop"
        try await shell(["mount", "-t", kind, "-o", options, file, path], in: scratch)
        mounted.append(path)
    }
}
