import Glibc
import NIOCore
import Settings
import TLSTransport

/// Where the server listens.
enum ListenAddress {
    /// - Parameter text: an IPv4 or IPv6 address, the latter also in brackets, or `localhost`.
    /// - Throws: ``ProgramError``.
    static func parse(_ text: String, port: Int) throws -> [SocketAddress] {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let bare = isBracketed ? String(text.dropFirst().dropLast()) : text
        if bare == "localhost" {
            return try ["::1", "127.0.0.1"].filter(isUsable).map { try SocketAddress(ipAddress: $0, port: port) }
        }
        do {
            return [try SocketAddress(ipAddress: bare, port: port)]
        } catch {
            throw ProgramError.configuration(
                "\(text) is no address to listen on; use an IPv4 or IPv6 address such as 0.0.0.0, :: or 192.168.1.10")
        }
    }

    /// All addresses of this machine: `::` takes IPv4 as well, where the kernel has IPv6.
    static var any: String { isUsable("::") ? "::" : "0.0.0.0" }

    /// Whether the kernel has the address's family.
    private static func isUsable(_ address: String) -> Bool {
        guard address.contains(":") else { return true }
        let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var target = sockaddr_in6()
        target.sin6_family = sa_family_t(AF_INET6)
        guard inet_pton(AF_INET6, address, &target.sin6_addr) == 1 else { return false }
        return withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
            }
        }
    }

    /// Why it could not be listened on, and what to do.
    static func explain(_ error: TLSListenError) -> ProgramError {
        let port = error.address.port ?? 0
        let host = error.address.ipAddress ?? "?"
        guard let code = (error.cause as? IOError)?.errnoCode else {
            return .unavailable("\(host) port \(port) cannot be listened on: \(error.cause)")
        }
        switch code {
        case EADDRINUSE:
            let owner = PortOwner.describe(port: port).map { " by \($0)" } ?? ""
            return .unavailable("port \(port) is in use\(owner); choose another with --port")
        case EACCES:
            return .permission(
                "port \(port) is reserved for root; choose one from 1024 up with --port, "
                    + "or give the program CAP_NET_BIND_SERVICE")
        case EADDRNOTAVAIL:
            return .configuration("\(host) is not an address of this machine; see: ip address")
        default:
            return .unavailable("\(host) port \(port) cannot be listened on: \(String(cString: strerror(code)))")
        }
    }
}

extension SocketAddress {
    /// `127.0.0.1:7443`, `[::1]:7443`.
    var shortDescription: String {
        // A socket for both families shows an IPv4 peer as an IPv6 address.
        let mapped = "::ffff:"
        var host = ipAddress ?? "?"
        if host.hasPrefix(mapped), host.contains(".") { host.removeFirst(mapped.count) }
        return (host.contains(":") ? "[\(host)]" : host) + ":\(port ?? 0)"
    }
}
