import Glibc

/// What became of something that was sent.
package enum ProbeOutcome: String, Sendable, Hashable {
    /// There was an answer.
    case open
    /// There was none in time.
    case dropped
    /// Nobody listens: RST, or ICMP "port unreachable".
    case refused
    /// A firewall said so: ICMP "administratively prohibited", or EPERM of one's own.
    case prohibited
    /// There is no way there.
    case unreachable

    init(errno code: Int32) throws(LabError) {
        switch code {
        case ECONNREFUSED: self = .refused
        case EHOSTUNREACH, EACCES, EPERM: self = .prohibited
        case ENETUNREACH: self = .unreachable
        case ETIMEDOUT, ECONNRESET, EAGAIN: self = .dropped
        default: throw LabError(errno: code, "a probe failed")
        }
    }
}

extension LabHost {
    /// Opens a TCP connection, and closes it.
    /// - Parameter source: which of its addresses; `nil`: the kernel's choice.
    package func tcp(from source: String? = nil, to target: String, port: UInt16, within seconds: Double = 0.4)
        async throws -> ProbeOutcome
    {
        try await tcp(from: source, to: target, ports: [port], within: seconds)[0]
    }

    /// Opens connections to all ports at once; a port may come several times.
    package func tcp(from source: String? = nil, to target: String, ports: [UInt16], within seconds: Double = 0.4)
        async throws -> [ProbeOutcome]
    {
        try await apart {
            let attempts = try ports.map { try Attempt.connect(from: source, to: target, port: $0, SOCK_STREAM) }
            return try Attempt.outcomes(of: attempts, within: seconds)
        }
    }

    /// Sends a datagram to a port, and awaits its echo.
    package func udp(from source: String? = nil, to target: String, port: UInt16, within seconds: Double = 0.4)
        async throws -> ProbeOutcome
    {
        try await udp(from: source, to: target, ports: [port], within: seconds)[0]
    }

    package func udp(from source: String? = nil, to target: String, ports: [UInt16], within seconds: Double = 0.4)
        async throws -> [ProbeOutcome]
    {
        try await apart {
            let attempts = try ports.map { port in
                try Attempt.ask(from: source, to: target, port: port, SOCK_DGRAM, 0, message: Array("probe".utf8))
            }
            return try Attempt.outcomes(of: attempts, within: seconds)
        }
    }

    /// Sends an ICMP or ICMPv6 echo request.
    package func ping(from source: String? = nil, to target: String, within seconds: Double = 0.4) async throws
        -> ProbeOutcome
    {
        try await apart {
            let isSix = target.contains(":")
            // Type 8 (ICMPv6: 128), code 0; the kernel fills in checksum and identifier (icmp(7)).
            let message: [UInt8] = [isSix ? 128 : 8, 0, 0, 0, 0, 0, 0, 1] + Array("probe".utf8)
            let transport = Int32(isSix ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
            let attempt = try Attempt.ask(
                from: source, to: target, port: 0, SOCK_DGRAM, transport, message: message)
            return try Attempt.outcomes(of: [attempt], within: seconds)[0]
        }
    }

    /// Sends a packet of another transport protocol, and sees whether it arrives at `receiver`.
    package func raw(
        protocol transport: UInt8, from source: String? = nil, to target: String, at receiver: LabHost,
        within seconds: Double = 0.4
    ) async throws -> ProbeOutcome {
        let address = try SocketAddress(target)
        let ear = try receiver.inside { () throws(LabError) in
            try openSocket(address.family, SOCK_RAW, Int32(transport))
        }
        defer { Glibc.close(ear) }
        return try await apart {
            let mouth = try openSocket(address.family, SOCK_RAW, Int32(transport))
            defer { Glibc.close(mouth) }
            if let source { try check(SocketAddress(source).bind(mouth), "\(source) cannot be bound") }
            guard address.send(Array("probe".utf8), by: mouth) >= 0 else { return try ProbeOutcome(errno: errno) }
            return awaitEvents(ear, POLLIN, within: seconds) ? .open : .dropped
        }
    }

    /// Opens a TCP connection that stays.
    /// - Throws: ``LabError`` unless it opens.
    package func session(from source: String? = nil, to target: String, port: UInt16) async throws -> LabSession {
        try await apart {
            let attempt = try Attempt.connect(from: source, to: target, port: port, SOCK_STREAM)
            guard let descriptor = attempt.descriptor, awaitEvents(descriptor, POLLOUT, within: 2) else {
                attempt.close()
                throw LabError("no session to \(target) port \(port)")
            }
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            guard code == 0 else {
                attempt.close()
                throw LabError(errno: code, "no session to \(target) port \(port)")
            }
            return LabSession(descriptor)
        }
    }

    /// Sends so many UDP datagrams to a port, as fast as it goes, and listens to no answer.
    /// - Returns: how many left.
    @discardableResult
    package func burst(from source: String? = nil, to target: String, port: UInt16, count: Int) async throws -> Int {
        try await apart {
            let address = try SocketAddress(target, port: port)
            let descriptor = try openSocket(address.family, SOCK_DGRAM)
            defer { Glibc.close(descriptor) }
            if let source { try check(SocketAddress(source).bind(descriptor), "\(source) cannot be bound") }
            var sent = 0
            for _ in 0..<count where address.send([0x78], by: descriptor) > 0 { sent += 1 }
            return sent
        }
    }
}

/// A socket that awaits what comes.
private struct Attempt {
    var descriptor: Int32?
    /// What came at once.
    var outcome: ProbeOutcome?
    /// Whether it waits for data, not for the connection.
    var isQuestion: Bool

    func close() {
        if let descriptor { Glibc.close(descriptor) }
    }

    static func connect(from source: String?, to target: String, port: UInt16, _ type: __socket_type)
        throws(LabError) -> Attempt
    {
        try open(from: source, to: target, port: port, type, 0)
    }

    static func ask(
        from source: String?, to target: String, port: UInt16, _ type: __socket_type, _ transport: Int32,
        message: [UInt8]
    ) throws(LabError) -> Attempt {
        var attempt = try open(from: source, to: target, port: port, type, transport)
        guard let descriptor = attempt.descriptor, attempt.outcome == nil else { return attempt }
        attempt.isQuestion = true
        if send(descriptor, message, message.count, noSignal) < 0 {
            attempt.outcome = try ProbeOutcome(errno: errno)
        }
        return attempt
    }

    private static func open(
        from source: String?, to target: String, port: UInt16, _ type: __socket_type, _ transport: Int32
    ) throws(LabError) -> Attempt {
        let address = try SocketAddress(target, port: port)
        let descriptor = try openSocket(address.family, type, transport)
        var attempt = Attempt(descriptor: descriptor, isQuestion: false)
        do {
            if let source { try check(SocketAddress(source).bind(descriptor), "\(source) cannot be bound") }
            if address.connect(descriptor) < 0, errno != EINPROGRESS {
                attempt.outcome = try ProbeOutcome(errno: errno)
            }
        } catch {
            attempt.close()
            throw error
        }
        return attempt
    }

    /// Waits for all of them together, and closes them.
    static func outcomes(of attempts: [Attempt], within seconds: Double) throws(LabError) -> [ProbeOutcome] {
        defer { for attempt in attempts { attempt.close() } }
        var outcomes = attempts.map(\.outcome)
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            let open = attempts.indices.filter { outcomes[$0] == nil }
            if open.isEmpty { break }
            var entries = open.map { index in
                pollfd(
                    fd: attempts[index].descriptor ?? -1,
                    events: Int16(attempts[index].isQuestion ? POLLIN : POLLOUT), revents: 0)
            }
            let left = (end - ContinuousClock.now) / .milliseconds(1)
            if left <= 0 { break }
            guard poll(&entries, nfds_t(entries.count), Int32(left.rounded(.up))) > 0 else { continue }
            for (entry, index) in zip(entries, open) where entry.revents != 0 {
                outcomes[index] = try attempts[index].result()
            }
        }
        return outcomes.map { $0 ?? .dropped }
    }

    private func result() throws(LabError) -> ProbeOutcome {
        guard let descriptor else { return .dropped }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        return code == 0 ? .open : try ProbeOutcome(errno: code)
    }
}
