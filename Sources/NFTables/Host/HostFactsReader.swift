package import Firewall
internal import Glibc

/// Asks the machine what it lives on at present. Needs no right, and of `/proc` nothing but this process's own folder; what cannot be read counts as
/// empty. About the network namespace of the calling thread.
package struct HostFactsReader: Sendable {
    /// What ends in `/` is the folder of a table of the kernel's.
    package struct Paths: Hashable, Sendable {
        package var network = "/proc/thread-self/net/"
        package var resolver = "/etc/resolv.conf"
        /// The servers that systemd-resolved itself asks.
        package var resolvedUpstream = "/run/systemd/resolve/resolv.conf"

        package init() {}
    }

    package var paths = Paths()

    /// Bytes that are read of a file at most: some 27,000 connections.
    static let longestFile = 4 << 20
    static let maximumPeers = 4_096
    static let maximumServers = 16

    package init() {}

    /// - Parameter session: over which somebody is logged in, if anybody.
    package func read(_ session: SSHConnection? = nil) -> HostFacts {
        let connections = connections()
        let listening = Set(connections.filter { $0.state == .listening }.map(\.localPort))
        // Where somebody is logged in, and where somebody usually logs in.
        var listeners = listening.contains(22) ? [HostFacts.Listener(name: "sshd", port: 22)] : []
        if let session, session.serverPort != 22 || listeners.isEmpty {
            listeners.append(HostFacts.Listener(name: "the present SSH session", port: session.serverPort))
        }
        return HostFacts(
            ownAddresses: ownAddresses(), gateways: gateways(), dnsServers: dnsServers(),
            connectedPeers: peers(of: connections), ssh: session, listeners: listeners)
    }

    /// Of all cards, loopback included; in ascending order.
    package func ownAddresses() -> [IPAddress] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var addresses = Set<IPAddress>()
        var next = first
        while let entry = next {
            if let address = entry.pointee.ifa_addr.flatMap(Self.address) { addresses.insert(address) }
            next = entry.pointee.ifa_next
        }
        return addresses.sorted()
    }

    /// Next hops of the default routes, IPv4 first.
    package func gateways() -> [IPAddress] {
        unique(
            RouteTable.gateways4(text(paths.network + "route"))
                + RouteTable.gateways6(text(paths.network + "ipv6_route")))
    }

    /// Those of the resolver's file; where it names one of this machine, also those that this one asks.
    package func dnsServers() -> [IPAddress] {
        let servers = ResolverFile.servers(text(paths.resolver))
        let isLocal = servers.contains { $0.isLoopback }
        let upstream = isLocal ? ResolverFile.servers(text(paths.resolvedUpstream)) : []
        return Array(unique(servers + upstream).prefix(Self.maximumServers))
    }

    /// The TCP ports on which this machine waits for connections, ascending.
    package func listeningPorts() -> [UInt16] {
        Set(connections().filter { $0.state == .listening }.map(\.localPort)).sorted()
    }

    private func connections() -> [ConnectionTable.Row] {
        ConnectionTable.rows(text(paths.network + "tcp")) + ConnectionTable.rows(text(paths.network + "tcp6"))
    }

    /// The far ends of established connections, those of this machine left out.
    private func peers(of connections: [ConnectionTable.Row]) -> [IPAddress] {
        let remote = connections.lazy.filter { $0.state == .established && !$0.remote.isLoopback }.map(\.remote)
        return Array(unique(remote).prefix(Self.maximumPeers))
    }

    private func unique(_ addresses: some Sequence<IPAddress>) -> [IPAddress] {
        var seen = Set<IPAddress>()
        return addresses.filter { seen.insert($0).inserted }
    }

    /// The beginning of a file; empty if there is none.
    private func text(_ path: String) -> Substring {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < Self.longestFile {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += block[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)[...]
    }

    /// Where `struct sockaddr_in` and `struct sockaddr_in6` have their address; the types themselves clash with those of the kernel's headers.
    private static func address(_ address: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        let place: Range<Int>
        switch Int32(address.pointee.sa_family) {
        case AF_INET: place = 4..<8
        case AF_INET6: place = 8..<24
        default: return nil
        }
        let bytes = UnsafeRawBufferPointer(start: address, count: place.upperBound)
        return IPAddress(bytes: bytes[place])
    }
}

extension IPAddress {
    fileprivate var isLoopback: Bool { family == .ipv4 ? value >> 24 == 127 : value == 1 }
}
