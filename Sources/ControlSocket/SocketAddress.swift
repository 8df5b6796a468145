import Glibc

/// A path as the kernel takes it.
struct SocketAddress {
    private var address = sockaddr_un()

    /// - Throws: `.badPath` unless it fits with its closing zero.
    init(path: String) throws(ControlSocketError) {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
            throw .badPath(path)
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    }

    /// - Returns: 0, or the error's number.
    func bind(_ descriptor: Int32) -> Int32 { call { Glibc.bind(descriptor, $0, $1) } }

    /// - Returns: 0, or the error's number.
    func connect(_ descriptor: Int32) -> Int32 { call { Glibc.connect(descriptor, $0, $1) } }

    private func call(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
            }
        }
    }
}

/// A descriptor that is closed once.
final class OwnedDescriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }
    deinit { close(number) }

    /// A stream socket for paths; not inherited by programs that are started.
    static func unixSocket(blocking: Bool, path: String) throws(ControlSocketError) -> OwnedDescriptor {
        var kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        if !blocking { kind |= Int32(SOCK_NONBLOCK.rawValue) }
        let number = socket(AF_UNIX, kind, 0)
        guard number >= 0 else { throw .system(call: "socket", path: path, code: errno) }
        return OwnedDescriptor(number)
    }
}

/// Who is at the other end, as the kernel says (`SO_PEERCRED`): it cannot be forged.
package struct ControlCredentials: Hashable, Sendable {
    package let process: Int32
    package let user: UInt32
    package let group: UInt32

    /// `nil` if the kernel does not tell.
    init?(of descriptor: Int32) {
        // struct ucred: pid, uid, gid.
        var words: [UInt32] = [0, 0, 0]
        var length = socklen_t(12)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &words, &length) == 0, length == 12 else { return nil }
        process = Int32(bitPattern: words[0])
        user = words[1]
        group = words[2]
    }
}
