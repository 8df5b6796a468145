import Glibc
import Synchronization

/// A machine of a ``NetworkLab``.
package final class LabHost: Sendable {
    private struct State {
        var cards: [(name: String, peer: LabHost)] = []
        var addresses: [String] = ["127.0.0.1", "::1"]
        var listeners: [LabListeners] = []
        var programs: [LabProgram] = []
    }

    package let name: String
    let namespace: Namespace
    private let state = Mutex(State())

    init(_ name: String, namespace: String) throws(LabError) {
        self.name = name
        self.namespace = try Namespace(name: namespace)
        try ip("link set lo up")
        // Who may ask for echoes by a plain ICMP socket: everybody.
        try set("net/ipv4/ping_group_range", "0 2147483647")
    }

    /// The name of its namespace, for `ip netns exec`.
    package var namespaceName: String { namespace.name }

    /// All its addresses, those of the loopback first.
    package var addresses: [String] { state.withLock { $0.addresses } }

    /// The card of its first cable.
    package var card: String { "eth0" }

    // MARK: Its network

    /// Gives it one more address, which all its neighbours reach through the cable to it. It sends from it only where told to.
    package func add(_ address: String) throws(LabError) {
        let isSix = address.contains(":")
        let cards = state.withLock { $0.cards }
        guard let first = cards.first else { throw LabError("\(name) has no cable yet") }
        try ip("addr add \(address)/\(isSix ? 128 : 32) dev \(first.name)\(isSix ? " nodad preferred_lft 0" : "")")
        for neighbour in cards {
            guard let card = neighbour.peer.card(to: self) else { continue }
            try neighbour.peer.ip("route replace \(address)/\(isSix ? 128 : 32) dev \(card)")
        }
        keep([address])
    }

    /// Sets a value of the kernel for it: `set("net/ipv4/ip_forward", "1")`.
    package func set(_ path: String, _ value: String) throws(LabError) {
        try inside { () throws(LabError) in try writeFile(value, to: "/proc/sys/\(path)") }
    }

    /// Commands of `ip`, one a line: `ip("route add default via 10.77.0.1")`.
    package func ip(_ commands: String...) throws(LabError) {
        try Command.check(
            ["ip", "-n", namespace.name, "-batch", "-"], input: commands.map { $0 + "\n" }.joined())
    }

    /// Runs `body` in its network, on the present thread: sockets that it opens stay there.
    package func inside<Answer, Failure: Error>(_ body: () throws(Failure) -> Answer) throws(Failure) -> Answer {
        try namespace.run(body)
    }

    /// The same on a thread of its own, for what waits.
    package func apart<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
        let namespace = namespace
        let thread = LabThread<Result<Answer, any Error>>.start {
            Result { try namespace.run(body) }
        }
        guard let thread else { throw LabError("there is no thread left") }
        return try await thread.value.get()
    }

    // MARK: What runs on it

    /// Opens ports that answer: TCP says what it hears, as does UDP, on all addresses that it has by now.
    @discardableResult
    package func listen(tcp: [UInt16] = [], udp: [UInt16] = []) throws(LabError) -> LabListeners {
        let listeners = try LabListeners(on: self, tcp: tcp, udp: udp)
        state.withLock { $0.listeners.append(listeners) }
        return listeners
    }

    /// Starts a program on it.
    package func start(_ words: [String], environment: [String: String] = [:]) throws(LabError) -> LabProgram {
        let program = try LabProgram(["ip", "netns", "exec", namespace.name] + words, environment: environment)
        state.withLock { $0.programs.append(program) }
        return program
    }

    /// Runs a program on it to its end.
    package func run(_ words: [String], environment: [String: String] = [:], within seconds: Double = 20) async throws
        -> LabResult
    {
        let program = try start(words, environment: environment)
        let status = try await program.status(within: seconds)
        return LabResult(status: status, output: program.output, errors: program.errors)
    }

    // MARK: For NetworkLab

    func nextCard(to peer: LabHost) -> String {
        state.withLock { state in
            let name = "eth\(state.cards.count)"
            state.cards.append((name, peer))
            return name
        }
    }

    private func card(to peer: LabHost) -> String? {
        state.withLock { state in state.cards.first { $0.peer === peer }?.name }
    }

    func keep(_ addresses: [String]) { state.withLock { $0.addresses += addresses } }

    /// Cards come up by and by: waits until a datagram from here arrives at the other host.
    func awaitPath(to address: String, at other: LabHost) throws(LabError) {
        let target = try SocketAddress(address, port: 9)
        let receiver = try other.inside { () throws(LabError) in
            let descriptor = try openSocket(target.family, SOCK_DGRAM)
            try check(target.bind(descriptor), "\(address) cannot be bound")
            return descriptor
        }
        defer { Glibc.close(receiver) }
        let sender = try inside { () throws(LabError) in try openSocket(target.family, SOCK_DGRAM) }
        defer { Glibc.close(sender) }
        for _ in 0..<500 {
            _ = target.send([0], by: sender)
            if awaitEvents(receiver, POLLIN, within: 0.01) { return }
        }
        throw LabError("nothing arrives at \(address) from \(name)")
    }

    func close() {
        let old = state.withLock { state in
            defer { state = State() }
            return state
        }
        for program in old.programs { program.end() }
        for listeners in old.listeners { listeners.close() }
        namespace.remove()
    }

    static func hexadecimal(_ number: Int) -> String { String(number, radix: 16) }
}
