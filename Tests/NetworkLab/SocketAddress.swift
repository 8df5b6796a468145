import Glibc

/// An address and a port as the kernel takes them.
struct SocketAddress: Sendable {
    private var storage = sockaddr_storage()
    let family: Int32
    private var length: socklen_t {
        socklen_t(family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
    }

    init(_ address: String, port: UInt16 = 0) throws(LabError) {
        var four = sockaddr_in()
        var six = sockaddr_in6()
        if inet_pton(AF_INET, address, &four.sin_addr) == 1 {
            family = AF_INET
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) { target in
                withUnsafeBytes(of: &four) { target.copyMemory(from: $0) }
            }
        } else if inet_pton(AF_INET6, address, &six.sin6_addr) == 1 {
            family = AF_INET6
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) { target in
                withUnsafeBytes(of: &six) { target.copyMemory(from: $0) }
            }
        } else {
            throw LabError("\"\(address)\" is no address")
        }
    }

    func with<Answer>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Answer) -> Answer {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    func bind(_ descriptor: Int32) -> Int32 { with { Glibc.bind(descriptor, $0, $1) } }
    func connect(_ descriptor: Int32) -> Int32 { with { Glibc.connect(descriptor, $0, $1) } }
    func send(_ bytes: [UInt8], by descriptor: Int32) -> Int {
        with { sendto(descriptor, bytes, bytes.count, noSignal, $0, $1) }
    }
}

/// No SIGPIPE where nobody listens any more.
let noSignal = Int32(MSG_NOSIGNAL)

/// A socket that does not wait, and that closes when a program starts.
func openSocket(_ family: Int32, _ type: __socket_type, _ transport: Int32 = 0) throws(LabError) -> Int32 {
    let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    return try check(socket(family, Int32(type.rawValue) | flags, transport), "no socket")
}

/// Waits for `events` of one socket.
/// - Returns: whether they came in time.
func awaitEvents(_ descriptor: Int32, _ events: Int32, within seconds: Double) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
        let left = max(0, (end - ContinuousClock.now) / .milliseconds(1))
        let count = poll(&entry, 1, Int32(left.rounded(.up)))
        if count >= 0 || errno != EINTR { return count > 0 }
    }
}
