internal import CNetlink
internal import Glibc

/// A socket to the kernel's netfilter (netlink(7), `NETLINK_NETFILTER`), of the network namespace in which the calling thread is. What it is sent by
/// anybody but the kernel is passed over. Not for two threads at once.
package final class NetlinkSocket {
    /// For poll(2); stays open as long as this value lives.
    package let descriptor: Int32
    /// By which the kernel knows this socket: in messages it is "who asked".
    package let port: UInt32
    private var buffer: [UInt8]
    private var room = 0

    /// - Parameters:
    ///   - receiveBuffer: bytes that may wait in the kernel, beyond what the system allows by default where CAP_NET_ADMIN is held.
    ///   - largestMessage: bytes of one datagram; netfilter's are at most 64 KiB, those of a log with long packets a bit more.
    package init(receiveBuffer: Int32 = 1 << 20, largestMessage: Int = 1 << 17) throws(NFTablesError) {
        let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_NETLINK, type, NETLINK_NETFILTER)
        guard descriptor >= 0 else {
            let code = errno
            throw code == EPROTONOSUPPORT || code == EAFNOSUPPORT
                ? .noKernelSupport : .system(call: "socket", code: code)
        }
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
        let code = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) < 0 || getsockname(descriptor, address, &length) < 0 ? errno : 0
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw .system(call: "bind", code: code)
        }
        self.descriptor = descriptor
        port = address.nl_pid
        buffer = [UInt8](repeating: 0, count: largestMessage)
        // Older kernels lack them, and then say less in errors.
        setOption(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        setOption(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        if !setOption(SOL_SOCKET, SO_RCVBUFFORCE, receiveBuffer) { setOption(SOL_SOCKET, SO_RCVBUF, receiveBuffer) }
    }

    deinit { close(descriptor) }

    /// Hears what the kernel tells all who ask (`NFNLGRP_…`).
    package func join(group: UInt32) throws(NFTablesError) {
        guard setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, Int32(bitPattern: group)) else {
            let code = errno
            throw code == EPERM ? .noRight : .system(call: "setsockopt", code: code)
        }
    }

    /// Sends one datagram; the kernel has dealt with it when this returns, and its answers wait.
    package func send(_ bytes: [UInt8]) throws(NFTablesError) {
        makeRoom(for: bytes.count)
        while true {
            let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
            if sent == bytes.count { return }
            let code = errno
            if sent < 0, code == EINTR { continue }
            throw sent < 0 && code == EMSGSIZE ? .tooLarge(bytes: bytes.count) : .system(call: "send", code: code)
        }
    }

    /// The next datagram of the kernel; `nil` if it should not wait and there is none.
    /// - Throws: ``NFTablesError/overrun`` once after the kernel had to drop some because nobody read.
    package func receive(waits: Bool) throws(NFTablesError) -> NetlinkMessages? {
        while true {
            var sender = sockaddr_nl()
            var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
            let flags = Int32(MSG_TRUNC) | (waits ? 0 : Int32(MSG_DONTWAIT))
            let count = buffer.withUnsafeMutableBytes { buffer in
                withUnsafeMutablePointer(to: &sender) { sender in
                    sender.withMemoryRebound(to: sockaddr.self, capacity: 1) { sender in
                        recvfrom(descriptor, buffer.baseAddress, buffer.count, flags, sender, &length)
                    }
                }
            }
            guard count >= 0 else {
                switch errno {
                case EINTR: continue
                case EAGAIN where !waits: return nil
                case ENOBUFS: throw .overrun
                case let code: throw .system(call: "recvfrom", code: code)
                }
            }
            guard length >= MemoryLayout<sockaddr_nl>.size, sender.nl_pid == 0 else { continue }
            guard count <= buffer.count else { throw .malformedReply("a message of \(count) bytes") }
            return NetlinkMessages(buffer[..<count])
        }
    }

    /// Lets only some messages in (`SO_ATTACH_FILTER`, classic BPF): what it refuses takes no room and wakes nobody.
    func attach(_ program: [sock_filter]) throws(NFTablesError) {
        var program = program
        let code = program.withUnsafeMutableBufferPointer { instructions in
            var whole = sock_fprog(len: UInt16(instructions.count), filter: instructions.baseAddress)
            let size = socklen_t(MemoryLayout<sock_fprog>.size)
            return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &whole, size) < 0 ? errno : 0
        }
        guard code == 0 else { throw .system(call: "setsockopt", code: code) }
    }

    /// A datagram has to fit the send buffer; beyond the system's bound that takes CAP_NET_ADMIN.
    private func makeRoom(for count: Int) {
        guard count + 4096 > room, count < Int(Int32.max) / 4 else { return }
        let wanted = Int32(count + 65_536)
        if !setOption(SOL_SOCKET, SO_SNDBUFFORCE, wanted) { setOption(SOL_SOCKET, SO_SNDBUF, wanted) }
        room = count + 65_536
    }

    @discardableResult
    package func setOption(_ level: Int32, _ name: Int32, _ value: Int32) -> Bool {
        var value = value
        return setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }
}
