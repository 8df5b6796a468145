import Glibc
import Synchronization

/// Open ports of a host. They say back what they hear, until they are closed.
package final class LabListeners: Sendable {
    /// Written to, it ends the thread.
    private let end: Int32
    private let isClosed = Mutex(false)
    private let thread: LabThread<Void>?

    init(on host: LabHost, tcp: [UInt16], udp: [UInt16]) throws(LabError) {
        let addresses = host.addresses
        let (streams, datagrams) = try host.inside { () throws(LabError) in
            var streams: [Int32] = []
            var datagrams: [Int32] = []
            // UDP by address, so that an answer comes from where the question went.
            for address in addresses {
                for port in tcp { streams.append(try Self.open(address, port, SOCK_STREAM)) }
                for port in udp { datagrams.append(try Self.open(address, port, SOCK_DGRAM)) }
            }
            return (streams, datagrams)
        }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw LabError(errno: errno, "no pipe") }
        for descriptor in ends { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        end = ends[1]
        let wake = ends[0]
        thread = LabThread.start {
            var loop = EchoLoop(streams: streams, datagrams: datagrams, wake: wake)
            loop.run()
        }
    }

    private static func open(_ address: String, _ port: UInt16, _ type: __socket_type) throws(LabError) -> Int32 {
        let target = try SocketAddress(address, port: port)
        let descriptor = try openSocket(target.family, type)
        var yes: Int32 = 1
        if type == SOCK_STREAM {
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        try check(target.bind(descriptor), "port \(port) of \(address) cannot be bound")
        if type == SOCK_STREAM { try check(Glibc.listen(descriptor, 1_024), "port \(port) cannot be opened") }
        return descriptor
    }

    deinit { close() }

    package func close() {
        let first = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        guard first else { return }
        Glibc.close(end)
        thread?.wait()
    }
}

/// One thread's work: all sockets of a ``LabListeners``.
private struct EchoLoop {
    let streams: [Int32]
    let datagrams: [Int32]
    let wake: Int32
    private var connections: [Int32] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(streams: [Int32], datagrams: [Int32], wake: Int32) {
        self.streams = streams
        self.datagrams = datagrams
        self.wake = wake
    }

    mutating func run() {
        while true {
            var entries = ([wake] + streams + datagrams + connections).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&entries, nfds_t(entries.count), -1) >= 0 || errno == EINTR else { break }
            if entries[0].revents != 0 { break }
            var index = 1
            for descriptor in streams {
                if entries[index].revents != 0 { accept(descriptor) }
                index += 1
            }
            for descriptor in datagrams {
                if entries[index].revents != 0 { answer(descriptor) }
                index += 1
            }
            let ready = entries[index...].filter { $0.revents != 0 }.map(\.fd)
            for descriptor in ready { echo(descriptor) }
        }
        for descriptor in [wake] + streams + datagrams + connections { close(descriptor) }
    }

    private mutating func accept(_ descriptor: Int32) {
        while true {
            let connection = Glibc.accept(descriptor, nil, nil)
            guard connection >= 0 else { return }
            _ = fcntl(connection, F_SETFL, O_NONBLOCK)
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            connections.append(connection)
        }
    }

    private mutating func echo(_ descriptor: Int32) {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 {
            send(descriptor, buffer, count, noSignal)
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            close(descriptor)
            connections.removeAll { $0 == descriptor }
        }
    }

    private mutating func answer(_ descriptor: Int32) {
        var sender = sockaddr_storage()
        for _ in 0..<256 {
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            withUnsafeMutablePointer(to: &sender) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { sender in
                    let count = recvfrom(descriptor, &buffer, buffer.count, 0, sender, &length)
                    if count >= 0 { sendto(descriptor, buffer, count, noSignal, sender, length) }
                }
            }
            if !awaitEvents(descriptor, POLLIN, within: 0) { return }
        }
    }
}
