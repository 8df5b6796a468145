import Glibc

/// The files of a capture that goes on in new ones: `talk_00001_20260131120000.pcapng`.
///
/// They are made by whoever the program has become, in a folder that it keeps open; the oldest are removed.
final class FileSeries {
    private let folder: Int32
    let folderPath: String
    private let stem: String
    private let ending: String
    private let most: Int
    private var number = 0
    private var kept: [String] = []

    /// - Parameter most: files that are kept.
    /// - Throws: ``CaptureError/cannotWrite(file:reason:)``.
    init(path: String, most: Int?) throws(CaptureError) {
        let slash = path.lastIndex(of: "/")
        folderPath = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let dot = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 }
        stem = dot.map { String(name[..<$0]) } ?? name
        ending = dot.map { String(name[$0...]) } ?? ""
        self.most = most ?? .max
        guard !stem.isEmpty else { throw .cannotWrite(file: path, reason: "it is a folder") }
        folder = open(folderPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .cannotWrite(file: path, reason: String(cString: strerror(errno))) }
    }

    deinit { close(folder) }

    /// Makes the next file, and removes the oldest one if there are too many.
    /// - Returns: the file, and the paths that are gone.
    /// - Throws: ``CaptureError/cannotWrite(file:reason:)``.
    func next(time: Int64) throws(CaptureError) -> (file: OutputFile, removed: [String]) {
        var (name, descriptor, failure) = ("", Int32(-1), Int32(0))
        // Another capture of the same name may have begun in the same second.
        for _ in 0..<100 {
            number += 1
            name = "\(stem)_\(Self.padded(number, 5))_\(Self.stamp(time))\(ending)"
            descriptor = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            failure = errno
            if descriptor >= 0 || failure != EEXIST { break }
        }
        let place = path(of: name)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(failure))
            let remedy =
                failure == EACCES || failure == EPERM
                ? "; the program gave up root's rights: name with -Z the user whom the folder belongs to (-Z root for root's own)"
                : ""
            throw .cannotWrite(file: place, reason: reason + remedy)
        }
        kept.append(name)
        var removed: [String] = []
        while kept.count > most {
            let oldest = kept.removeFirst()
            unlinkat(folder, oldest, 0)
            removed.append(path(of: oldest))
        }
        return (OutputFile(path: place, descriptor: descriptor), removed)
    }

    private func path(of name: String) -> String {
        folderPath == "." ? name : folderPath == "/" ? "/\(name)" : "\(folderPath)/\(name)"
    }

    /// Year to second, in local time.
    private static func stamp(_ time: Int64) -> String {
        var seconds = time_t(time / 1_000_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return padded(Int(parts.tm_year) + 1_900, 4)
            + [parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
            .joined()
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
