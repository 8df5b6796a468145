import Firewall
import Glibc
import NFTables
import NetworkLab
import Testing

@Suite("NFLogSocket", .enabled(if: NetworkLab.isUsable, "\(NetworkLab.reason)"), .serialized)
struct NFLogSocketTests {
    private func rules(_ host: LabHost, _ rules: String...) async throws {
        var words = ["add table inet wire", "add chain inet wire in { type filter hook input priority 0 ; }"]
        words += rules.map { "add rule inet wire in \($0)" }
        let result = try await host.run(["nft", words.joined(separator: "; ")])
        try #require(result.status == 0, "\(result.errors)")
    }

    private func now() -> Int64 { Int64(time(nil)) * 1_000 }

    /// All that comes until there are so many, or for two seconds.
    private func read(_ socket: NFLogSocket, _ count: Int, within seconds: Double = 2) -> [LoggedPacket] {
        var packets: [LoggedPacket] = []
        let end = ContinuousClock.now + .seconds(seconds)
        while packets.count < count, ContinuousClock.now < end {
            var poller = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&poller, 1, 50)
            packets += socket.read(now: now())
        }
        return packets
    }

    @Test("hears of TCP, UDP and ICMP, of IPv4 and IPv6, with their addresses, ports, flags and reasons")
    func hearsAll() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [23], udp: [53])
            try await rules(
                server,
                "tcp dport 23 ct state new log prefix \"cfw:rule 3\" group 77 snaplen 96 queue-threshold 8 drop",
                "udp dport 53 log prefix \"cfw:ban\" group 77 drop",
                "icmp type echo-request log prefix \"cfw:pass\" group 78 accept",
                "icmpv6 type echo-request log prefix \"cfw:pass\" group 78 accept")
            let socket = try server.inside { try NFLogSocket(groups: [77, 78]) }
            #expect(socket.read(now: now()).isEmpty)
            for (own, target) in [("10.77.0.1", "10.77.0.2"), ("fd77::1", "fd77::2")] {
                let source = try #require(IPAddress(own))
                #expect(try await client.tcp(to: target, port: 23, within: 0.2) == .dropped)
                #expect(try await client.tcp(to: target, port: 24, within: 0.2) == .refused)
                #expect(try await client.udp(to: target, port: 53, within: 0.2) == .dropped)
                #expect(try await client.ping(to: target) == .open)
                let packets = read(socket, 3)
                #expect(packets.allSatisfy { $0.source == source && $0.destination == IPAddress(target) })
                #expect(packets.allSatisfy { $0.inputInterface > 1 && $0.outputInterface == 0 })
                #expect(packets.allSatisfy { abs($0.time - now()) < 5_000 })
                let tcp = try #require(packets.first { $0.transport == 6 })
                #expect(tcp.destinationPort == 23 && tcp.flags == 2 && tcp.reason == .rule(3) && tcp.length >= 40)
                let udp = try #require(packets.first { $0.transport == 17 })
                #expect(udp.destinationPort == 53 && udp.sourcePort != nil && udp.reason == .ban)
                #expect(udp.length == (own.contains(":") ? 53 : 33))
                let icmp = try #require(packets.first { $0.transport == 1 || $0.transport == 58 })
                #expect(icmp.destinationPort == nil && icmp.reason == .pass)
                #expect(!packets.contains { $0.destinationPort == 24 })
            }
            #expect(socket.lost == 0 && socket.overruns == 0)
        }
    }

    @Test("gives packets that this machine sends the time at which they are read")
    func timesOutput() async throws {
        try await NetworkLab.run { lab in
            let host = try lab.host("alone")
            let result = try await host.run([
                "nft",
                "add table inet wire; add chain inet wire out { type filter hook output priority 0 ; }; "
                    + "add rule inet wire out udp dport 9 log prefix \"cfw:c2\" group 77",
            ])
            try #require(result.status == 0)
            let socket = try host.inside { try NFLogSocket(groups: [77]) }
            try await host.burst(to: "127.0.0.1", port: 9, count: 1)
            var poller = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&poller, 1, 2_000)
            let packets = socket.read(now: 1_234)
            #expect(packets.count == 1 && packets.first?.time == 1_234 && packets.first?.reason == .commandServer)
            #expect(packets.first?.outputInterface == 1 && packets.first?.inputInterface == 0)
        }
    }

    @Test("counts what the kernel had to drop in a flood, and goes on")
    func countsLost() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try await rules(server, "udp dport 9 log prefix \"cfw:rate\" group 77 queue-threshold 64")
            var settings = NFLogSocket.Settings()
            settings.receiveBuffer = 65_536
            let socket = try server.inside { try NFLogSocket(groups: [77], settings) }
            let sent = try await client.burst(to: "10.77.0.2", port: 9, count: 30_000)
            let first = read(socket, sent, within: 1)
            #expect(first.count < sent && socket.overruns > 0)
            // The next that comes tells how many are missing.
            let more = try await client.burst(to: "10.77.0.2", port: 9, count: 10)
            let last = read(socket, more)
            #expect(first.count + last.count + Int(socket.lost) == sent + more)
            #expect(last.count == more)
        }
    }

    @Test("a flood under a limit costs next to nothing")
    func isCheapUnderLimit() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try await rules(
                server, "udp dport 9 limit rate 100/second burst 100 packets log prefix \"cfw:rate\" group 77",
                "udp dport 9 drop")
            let socket = try server.inside { try NFLogSocket(groups: [77]) }
            let sent = try await client.burst(to: "10.77.0.2", port: 9, count: 300_000)
            let before = Self.processorSeconds()
            let packets = read(socket, .max, within: 0.5)
            #expect(Self.processorSeconds() - before < 0.1)
            #expect(sent == 300_000 && packets.count >= 100 && packets.count < 2_000 && socket.lost == 0)
        }
    }

    /// What this thread has used.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test("reads no more than it is asked to")
    func readsBounded() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try await rules(server, "udp dport 9 log prefix \"cfw:rate\" group 77 queue-threshold 16")
            let socket = try server.inside { try NFLogSocket(groups: [77]) }
            try await client.burst(to: "10.77.0.2", port: 9, count: 400)
            var poller = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&poller, 1, 1_000)
            let first = socket.read(now: 0, limit: 20)
            #expect((20..<36).contains(first.count))
            #expect(first.count + read(socket, 400 - first.count).count == 400)
        }
    }

    @Test("says who has the group when another listens to it")
    func tellsBusyGroup() throws {
        try NetworkLab.run { lab in
            let host = try lab.host("alone")
            let first = try host.inside { try NFLogSocket(groups: [77]) }
            let error = #expect(throws: NFTablesError.self) { try host.inside { try NFLogSocket(groups: [78, 77]) } }
            #expect("\(error.map { "\($0)" } ?? "")".contains("another program, such as ulogd, listens to it"))
            #expect(first.read(now: 0).isEmpty)
            // Both groups are free again once nobody listens.
            _ = try host.inside { try NFLogSocket(groups: [78]) }
        }
    }
}
