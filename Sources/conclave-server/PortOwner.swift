import Foundation

/// Finds out who listens on a TCP port of this machine, from `/proc`.
enum PortOwner {
    /// `NAME (pid N)`; `nil` if the kernel does not tell us.
    static func describe(port: Int) -> String? {
        let inodes = listeningInodes(port: port)
        guard !inodes.isEmpty else { return nil }
        let files = FileManager.default
        for process in (try? files.contentsOfDirectory(atPath: "/proc")) ?? [] where Int(process) != nil {
            let folder = "/proc/\(process)/fd"
            for descriptor in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
                guard let target = try? files.destinationOfSymbolicLink(atPath: "\(folder)/\(descriptor)"),
                    inodes.contains(target)
                else { continue }
                let name = read("/proc/\(process)/comm") ?? "a program"
                return "\(name.trimmingCharacters(in: .whitespacesAndNewlines)) (pid \(process))"
            }
        }
        return nil
    }

    /// The sockets that listen on `port`, as `socket:[INODE]`.
    private static func listeningInodes(port: Int) -> Set<String> {
        let listening = "0A"
        let suffix = ":" + String(format: "%04X", port)
        var inodes: Set<String> = []
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            guard let text = read(table) else { continue }
            for line in text.split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ")
                guard fields.count > 9, fields[1].hasSuffix(suffix), fields[3] == listening else { continue }
                inodes.insert("socket:[\(fields[9])]")
            }
        }
        return inodes
    }

    /// The kernel makes these files as they are read, and says that they are empty.
    private static func read(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
