import Glibc
import Synchronization

/// Hosts of a test: network namespaces of this machine, joined by cables (veth pairs). Nothing leaves them.
///
///     try await NetworkLab.run { lab in
///         let (client, server) = try lab.pair()
///         let ports = try server.listen(tcp: [22, 8080], udp: [53])
///         #expect(try await client.tcp(to: "10.77.0.2", port: 22) == .open)
///     }
///
/// Cable n joins `10.77.n.1` and `10.77.n.2`, `fd77:0:0:n::1` and `fd77:0:0:n::2`. All is gone when `run` returns or throws, and what a
/// killed run left behind is swept by the next.
package final class NetworkLab: Sendable {
    private struct State {
        var hosts: [LabHost] = []
        var cables = 0
        var isClosed = false
    }

    private let number: Int
    private let state = Mutex(State())

    private static let count = Atomic(0)

    private init() throws(LabError) {
        guard Self.isAvailable else { throw LabError(Self.reason) }
        _ = Self.sweep
        number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// A network for as long as `body` runs.
    package static func run<Answer>(_ body: (NetworkLab) async throws -> Answer) async throws -> Answer {
        let lab = try NetworkLab()
        do {
            let answer = try await body(lab)
            lab.close()
            return answer
        } catch {
            lab.close()
            throw error
        }
    }

    /// The same for tests that wait for nothing.
    package static func run<Answer>(_ body: (NetworkLab) throws -> Answer) throws -> Answer {
        let lab = try NetworkLab()
        defer { lab.close() }
        return try body(lab)
    }

    /// A new machine with a loopback card alone.
    package func host(_ name: String) throws(LabError) -> LabHost {
        let host = try LabHost(name, namespace: "lab-\(getpid())-\(number)-\(name)")
        state.withLock { $0.hosts.append(host) }
        return host
    }

    /// A cable between two hosts: the first has the addresses that end in 1, the second those that end in 2. Cards are `eth0`, `eth1`, …
    /// - Returns: the cable's number, the n of its addresses.
    @discardableResult
    package func join(_ first: LabHost, _ second: LabHost) throws(LabError) -> Int {
        let cable = state.withLock { state in
            defer { state.cables += 1 }
            return state.cables
        }
        let cards = (first.nextCard(to: second), second.nextCard(to: first))
        try Command.check([
            "ip", "link", "add", cards.0, "netns", first.namespace.name, "type", "veth", "peer", "name", cards.1,
            "netns", second.namespace.name,
        ])
        for (host, card, last) in [(first, cards.0, 1), (second, cards.1, 2)] {
            try host.ip(
                "link set \(card) up", "addr add 10.77.\(cable).\(last)/24 dev \(card)",
                "addr add fd77:0:0:\(LabHost.hexadecimal(cable))::\(last)/64 dev \(card) nodad")
            host.keep(["10.77.\(cable).\(last)", "fd77:0:0:\(LabHost.hexadecimal(cable))::\(last)"])
        }
        try second.awaitPath(to: "10.77.\(cable).1", at: first)
        try second.awaitPath(to: "fd77:0:0:\(LabHost.hexadecimal(cable))::1", at: first)
        return cable
    }

    /// Two hosts and the cable 0 between them: the client has `10.77.0.1` and `fd77::1` and those that are named, the server
    /// `10.77.0.2` and `fd77::2`.
    package func pair(clientAddresses: [String] = []) throws(LabError) -> (client: LabHost, server: LabHost) {
        let client = try host("client")
        let server = try host("server")
        try join(client, server)
        for address in clientAddresses { try client.add(address) }
        return (client, server)
    }

    private func close() {
        let hosts = state.withLock { state in
            defer { state = State(isClosed: true) }
            return state.hosts
        }
        for host in hosts { host.close() }
    }

    /// Removes what runs that were killed have left: namespaces whose maker is gone.
    private static let sweep: Void = {
        guard let folder = opendir(Namespace.folder) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let parts = name.split(separator: "-")
            guard parts.count == 4, parts[0] == "lab", let maker = pid_t(parts[1]) else { continue }
            if maker == getpid() || kill(maker, 0) != 0 { Namespace.remove(name) }
        }
    }()
}
