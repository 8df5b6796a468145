import Foundation
import TLSMonitor

/// Takes one connection on loopback, makes one to a server, and passes on and writes down what either says.
final class Relay {
    let port: UInt16
    private let listener: Int32
    private let target: UInt16

    struct Failed: Error {}

    /// Nothing said for so long, in milliseconds, is a turn's end.
    private static let pause: Int32 = 60
    private static let most = 100

    init(to target: UInt16) throws {
        self.target = target
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = Self.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard listener >= 0, status else { throw Failed() }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(listener) }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// - Parameter quiet: called whenever both are silent, with how often they were before.
    /// - Returns: what was said; nothing if nobody came.
    func run(_ quiet: (Int) -> Void) -> [OpenSSLTalk.Chunk] {
        var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 5_000) == 1 else { return [] }
        let client = accept(listener, nil, nil)
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            close(client)
            close(server)
        }
        var address = Self.address(target)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard client >= 0, isConnected else { return [] }
        return pass(client, server, quiet)
    }

    private func pass(_ client: Int32, _ server: Int32, _ quiet: (Int) -> Void) -> [OpenSSLTalk.Chunk] {
        var chunks: [OpenSSLTalk.Chunk] = []
        var ends = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var turns = 0
        while turns < Self.most, ends.contains(where: { $0.fd >= 0 }) {
            guard poll(&ends, 2, Self.pause) > 0 else {
                quiet(turns)
                turns += 1
                continue
            }
            for index in ends.indices where ends[index].revents != 0 {
                let count = read(ends[index].fd, &buffer, buffer.count)
                let other = index == 0 ? server : client
                guard count > 0 else {
                    shutdown(other, Int32(SHUT_WR))
                    ends[index].fd = -1
                    continue
                }
                let bytes = Array(buffer[..<count])
                chunks.append(
                    OpenSSLTalk.Chunk(direction: index == 0 ? .clientToServer : .serverToClient, bytes: bytes))
                var sent = 0
                while sent < count {
                    let more = bytes[sent...].withUnsafeBytes {
                        send(other, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    guard more > 0 else { break }
                    sent += more
                }
            }
        }
        return chunks
    }
}
