import Firewall
import Glibc
import NetworkLab
import Testing

@testable import NFTables

@Suite("HostFactsReader: proc(5), resolv.conf(5)")
struct HostFactsReaderTests {
    /// On a machine whose lowest byte comes first, as /proc writes what lies in memory.
    private static let isLittle = 1.littleEndian == 1

    private let connections = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0
           1: 020013AC:0016 0709C0CB:D431 01 00000000:00000000 02:0009C7A7 00000000     0        0 2 2 0 20 4
           2: 0200
        """[...]
    private let connections6 = """
          sl  local_address                         remote_address                        st tx_queue rx_queue
           0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000
           1: 0000000000000000FFFF0000020013AC:0016 0000000000000000FFFF0000050200C0:C001 01 00000000:00000000
           2: B80D0120000000000000000001000000:0016 B80D0120000000000000000002000000:C002 06 00000000:00000000
        """[...]

    @Test(
        "reads connections and listeners, mapped addresses as IPv4",
        .enabled(if: isLittle, "its text is of such a machine"))
    func readsConnections() {
        let rows = ConnectionTable.rows(connections)
        #expect(rows.count == 2 && rows[0].state == .listening && rows[0].localPort == 22)
        #expect(
            rows[1].remote == IPAddress("203.192.9.7") && rows[1].remotePort == 54_321 && rows[1].state == .established)
        let six = ConnectionTable.rows(connections6)
        #expect(six.count == 3 && six[0].localPort == 443 && six[0].state == .listening)
        #expect(six[1].remote == IPAddress("192.0.2.5") && six[1].state == .established)
        #expect(six[2].local == IPAddress("2001:db8::1") && six[2].state == nil)
    }

    @Test("reads default routes, and no others", .enabled(if: isLittle, "its text is of such a machine"))
    func readsRoutes() {
        let four = """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
            eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
            eth1\t00000000\t0103A8C0\t0002\t0\t0\t100\t00000000\t0\t0\t0
            eth1\t0000000A\t0103A8C0\t0003\t0\t0\t100\t000000FF\t0\t0\t0
            """[...]
        #expect(RouteTable.gateways4(four) == [IPAddress("192.168.2.1")])
        let zero = String(repeating: "0", count: 32)
        let router = "fe800000000000000000000000000001"
        let six = """
            \(zero) 00 \(zero) 00 \(router) 00000400 00000001 00000000 00000003 eth0
            fd770000000000000000000000000000 40 \(zero) 00 \(zero) 00000100 00000001 00000000 00000001 eth0
            \(zero) 00 \(zero) 00 \(zero) ffffffff 00000001 00000000 00200200 lo
            """[...]
        #expect(RouteTable.gateways6(six) == [IPAddress("fe80::1")])
    }

    @Test("reads the name servers of resolv.conf, with zones, and passes over remarks")
    func readsResolver() {
        let text =
            "# nameserver 192.0.2.9\nsearch example\nnameserver 192.0.2.53\n nameserver\tfe80::1%eth0\nnameserver x\n"[
                ...]
        #expect(ResolverFile.servers(text) == [IPAddress("192.0.2.53"), IPAddress("fe80::1")])
    }

    @Test("reads any lines without trapping")
    func survivesFuzz() {
        var generator = SystemRandomNumberGenerator()
        let seed = Array((connections + connections6).utf8)
        var rows = 0
        for _ in 0..<300 {
            var bytes = seed
            for _ in 0..<20 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let text = String(decoding: bytes, as: UTF8.self)[...]
            rows += ConnectionTable.rows(text).count
            rows += RouteTable.gateways4(text).count + RouteTable.gateways6(text).count
            rows += ResolverFile.servers(text).count
        }
        #expect(rows > 300)
    }

    @Test(
        "of files that are not there it says nothing, and reads the upstream servers only where the resolver is local")
    func readsFiles() throws {
        var template = Array("/tmp/facts-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        func write(_ text: String, _ name: String) throws {
            let file = try #require(fopen(folder + name, "w"))
            fputs(text, file)
            fclose(file)
        }
        defer {
            unlink(folder + "/upstream")
            unlink(folder + "/resolv.conf")
            rmdir(folder)
        }
        var reader = HostFactsReader()
        reader.paths.network = folder + "/net/"
        reader.paths.resolver = folder + "/resolv.conf"
        reader.paths.resolvedUpstream = folder + "/upstream"
        let facts = reader.read()
        #expect(facts.gateways.isEmpty && facts.dnsServers.isEmpty && facts.connectedPeers.isEmpty && facts.ssh == nil)
        #expect(facts.ownAddresses.contains(try #require(IPAddress("127.0.0.1"))))

        try write("nameserver 192.0.2.2\n", "/upstream")
        try write("nameserver 192.0.2.1\n", "/resolv.conf")
        #expect(reader.dnsServers().map(\.description) == ["192.0.2.1"])
        try write("nameserver 127.0.0.53\n", "/resolv.conf")
        #expect(reader.dnsServers().map(\.description) == ["127.0.0.53", "192.0.2.2"])
    }

    @Test(
        "reads a real host's addresses, routes, connections and session",
        .enabled(if: NetworkLab.isUsable, "\(NetworkLab.reason)"))
    func readsRealHost() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [22, 8_080])
            try server.ip("route add default via 10.77.0.1", "route add default via fd77::1")
            let sessions = [
                try await client.session(to: "10.77.0.2", port: 8_080),
                try await client.session(to: "fd77::2", port: 22),
            ]
            let (facts, ports) = server.inside {
                let reader = HostFactsReader()
                return (reader.read(SSHConnection("fd77::1 40000 fd77::2 22")), reader.listeningPorts())
            }
            for text in ["127.0.0.1", "::1", "10.77.0.2", "fd77::2"] {
                #expect(facts.ownAddresses.contains(try #require(IPAddress(text))))
            }
            #expect(facts.gateways.map(\.description) == ["10.77.0.1", "fd77::1"])
            #expect(Set(facts.connectedPeers.map(\.description)) == ["10.77.0.1", "fd77::1"])
            #expect(facts.ssh?.client == IPAddress("fd77::1") && facts.ssh?.serverPort == 22)
            #expect(facts.listeners.map(\.port) == [22] && ports == [22, 8_080])
            #expect(client.inside { HostFactsReader().gateways() }.isEmpty)
            withExtendedLifetime(sessions) {}
        }
    }
}
