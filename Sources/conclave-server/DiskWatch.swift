import ChatServer
import Glibc
import Logging

/// Looks after the space on the server's disk: nothing new is taken while there is little, and what was taken finds a place.
struct DiskWatch {
    private let folder: String
    private let premises: Premises
    private let logger: Logger
    private var hasFailed = false
    private(set) var isStuck = false

    init(folder: String, premises: Premises, logger: Logger) {
        self.folder = folder
        self.premises = premises
        self.logger = logger
    }

    /// Looks whether there is enough space, and whether there is again.
    mutating func look() {
        guard let disk = DiskSpace(at: folder) else { return }
        let ballast = Ballast(in: folder, size: disk.ballast)
        let isSetAside = ballast.isThere || hasFailed
        // Back from the brink there must be a little more than the least.
        let least = disk.reserve + (premises.isFull ? disk.reserve / 8 : 0) + (isSetAside ? 0 : ballast.size)
        guard disk.free >= least else {
            guard !premises.isFull else { return }
            premises.isFull = true
            return logger.error(
                "the disk with \(folder) has only \(Self.mebibytes(disk.free)) left: nothing new is taken until there are \(Self.mebibytes(disk.reserve + disk.reserve / 8)); reading goes on"
            )
        }
        if !isSetAside { setAside(ballast) }
        guard premises.isFull, hasFailed || ballast.isThere else { return }
        premises.isFull = false
        logger.notice("the disk with \(folder) has space again: what is new is taken")
    }

    private mutating func setAside(_ ballast: Ballast) {
        let code = ballast.make()
        guard code != 0, code != ENOSPC, code != EDQUOT else { return }
        hasFailed = true
        logger.warning(
            "\(ballast.path) cannot be made: \(String(cString: strerror(code))); a full disk will hold up what was taken already"
        )
    }

    /// There was no space for something that was taken already.
    /// - Returns: whether some was made, so that it can be tried again at once.
    mutating func makeSpace() -> Bool {
        premises.isFull = true
        if Ballast(in: folder, size: 0).release() {
            logger.error(
                "the disk with \(folder) is full: what was set aside is used for what was taken already, and nothing new is taken; reading goes on. Make space"
            )
            return true
        }
        guard !isStuck else { return false }
        isStuck = true
        logger.critical(
            "the disk with \(folder) is full to the last byte: what was taken waits and is not acknowledged. Make space; it goes on by itself"
        )
        return false
    }

    /// What had no space has found it.
    mutating func hasStored() {
        guard isStuck else { return }
        isStuck = false
        logger.notice("what waited for space on the disk is stored")
    }

    private static func mebibytes(_ bytes: UInt64) -> String {
        bytes >= 10 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
    }
}
