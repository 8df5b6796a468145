import Glibc

/// A socket at which one role's clients arrive. Not blocking.
package final class ControlListener {
    package let path: String
    package let role: ControlRole
    /// Who may connect: root, this process's own user, and whom the administrator named.
    package let users: Set<UInt32>
    /// To be polled for reading.
    package var descriptor: Int32 { socket.number }

    private let socket: OwnedDescriptor
    /// What was created here and is to be deleted; `nil` for one that systemd made.
    private let file: (device: UInt64, node: UInt64)?

    /// Creates the socket with mode 0600. One that a daemon left behind that ended is replaced.
    /// - Parameter owner: whose it shall be, where clients are of another user; giving it away takes root.
    /// - Throws: `.inUse`, `.notASocket`, `.noFolder`, `.notPermitted`, `.badPath`, `.system`.
    package convenience init(
        path: String, role: ControlRole, users: Set<UInt32> = [], owner: UInt32? = nil
    ) throws(ControlSocketError) {
        let socket = try Self.bound(path)
        if let owner, owner != geteuid(), lchown(path, owner, gid_t.max) != 0 {
            let code = errno
            unlink(path)
            throw code == EPERM ? .notPermitted(path: path) : .system(call: "chown", path: path, code: code)
        }
        guard listen(socket.number, 64) == 0 else { throw .system(call: "listen", path: path, code: errno) }
        var facts = stat()
        guard lstat(path, &facts) == 0 else { throw .system(call: "stat", path: path, code: errno) }
        self.init(
            socket, path: path, role: role, users: users.union(owner.map { [$0] } ?? []),
            file: (UInt64(facts.st_dev), UInt64(facts.st_ino)))
    }

    private init(
        _ socket: OwnedDescriptor, path: String, role: ControlRole, users: Set<UInt32>,
        file: (device: UInt64, node: UInt64)?
    ) {
        self.socket = socket
        self.path = path
        self.role = role
        self.users = users.union([0, geteuid()])
        self.file = file
    }

    deinit {
        guard let file else { return }
        var facts = stat()
        if lstat(path, &facts) == 0, UInt64(facts.st_dev) == file.device, UInt64(facts.st_ino) == file.node {
            unlink(path)
        }
    }

    /// The next client that waits; `nil` if none does. One of a user who may not is turned away with a line that says so.
    package func accept() -> ControlPeer? {
        // Each turn takes one out of the kernel's queue of at most 64.
        for _ in 0..<64 {
            let number = Glibc.accept(descriptor, nil, nil)
            guard number >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return nil
            }
            let client = OwnedDescriptor(number)
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
            _ = fcntl(number, F_SETFL, O_NONBLOCK)
            guard let credentials = ControlCredentials(of: number), users.contains(credentials.user) else {
                ControlPeer.refuse(number, "this user may not use \(path)")
                continue
            }
            return ControlPeer(client, role: role, credentials: credentials)
        }
        return nil
    }

    // MARK: systemd

    /// The sockets that systemd opened for this process (sd_listen_fds(3)), by their names `control`, `chat`, `monitor`. The owner of a socket's file may connect.
    /// - Parameter environment: looks a variable up.
    /// - Returns: none if the process was not started by a socket.
    /// - Throws: `.badActivation` for one without a name of ours, and for what is no listening Unix socket.
    package static func activated(
        users: [ControlRole: Set<UInt32>] = [:], environment: (String) -> String? = ControlListener.environment
    ) throws(ControlSocketError) -> [ControlListener] {
        guard environment("LISTEN_PID").flatMap({ Int32($0) }) == getpid(),
            let count = environment("LISTEN_FDS").flatMap({ Int32($0) }), count > 0
        else { return [] }
        guard count <= 16 else { throw .badActivation("\(count) sockets, where there are three at most") }
        let names = (environment("LISTEN_FDNAMES") ?? "").split(separator: ":", omittingEmptySubsequences: false)
        var listeners: [ControlListener] = []
        for index in 0..<Int(count) {
            let name = index < names.count ? String(names[index]) : ""
            guard let role = ControlRole(rawValue: name) else {
                throw .badActivation(
                    "a socket of the name \"\(name)\" (FileDescriptorName= has to be control, chat or monitor)")
            }
            listeners.append(try adopt(Int32(3 + index), role: role, users: users[role] ?? []))
        }
        return listeners
    }

    /// A variable of this process.
    package static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Takes over a descriptor that listens already, and closes it in the end; the file stays.
    package static func adopt(
        _ number: Int32, role: ControlRole, users: Set<UInt32> = []
    ) throws(ControlSocketError) -> ControlListener {
        var listens: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        var address = sockaddr_un()
        var size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let known = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &size) }
        }
        guard getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0, listens == 1, known == 0,
            address.sun_family == sa_family_t(AF_UNIX)
        else { throw .badActivation("something else than a listening Unix socket for \"\(role.rawValue)\"") }
        let socket = OwnedDescriptor(number)
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        _ = fcntl(number, F_SETFL, O_NONBLOCK)
        let path = withUnsafeBytes(of: address.sun_path) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        var facts = stat()
        let owner: Set<UInt32> = !path.isEmpty && lstat(path, &facts) == 0 ? [facts.st_uid] : []
        return ControlListener(socket, path: path, role: role, users: users.union(owner), file: nil)
    }

    // MARK: Creating

    private static func bound(_ path: String) throws(ControlSocketError) -> OwnedDescriptor {
        let address = try SocketAddress(path: path)
        let socket = try OwnedDescriptor.unixSocket(blocking: false, path: path)
        // Linux gives the file the mode of the socket, so that there is no moment at which others could connect.
        guard fchmod(socket.number, 0o600) == 0 else { throw .system(call: "chmod", path: path, code: errno) }
        var code = address.bind(socket.number)
        if code == EADDRINUSE {
            try removeStale(path, address)
            code = address.bind(socket.number)
        }
        switch code {
        case 0: return socket
        case EADDRINUSE: throw .inUse(path: path, process: nil)
        case ENOENT, ENOTDIR: throw .noFolder(path: path)
        case EACCES, EPERM, EROFS: throw .notPermitted(path: path)
        default: throw .system(call: "bind", path: path, code: code)
        }
    }

    /// Deletes the socket of a daemon that is no more.
    private static func removeStale(_ path: String, _ address: SocketAddress) throws(ControlSocketError) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return }
        guard facts.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        let probe = try OwnedDescriptor.unixSocket(blocking: false, path: path)
        switch address.connect(probe.number) {
        case ECONNREFUSED: break
        case ENOENT: return
        case EACCES, EPERM: throw .notPermitted(path: path)
        default: throw .inUse(path: path, process: ControlCredentials(of: probe.number)?.process)
        }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw errno == EACCES || errno == EPERM
                ? .notPermitted(path: path) : .system(call: "unlink", path: path, code: errno)
        }
    }
}
