import Firewall
import Glibc
import NFTables
import Testing

@Suite("events of the kernel's tables", .enabled(if: TestNetwork.isUsable, TestNetwork.reason))
struct EventTests {
    static let four = NamedSet("four", key: .address(.ipv4))

    private func isReadable(_ events: NFTablesEvents) -> Bool {
        var descriptor = pollfd(fd: events.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 1
    }

    private static func changer(_ events: [NFTablesEvents.Event]) -> NFTablesEvents.Process? {
        if case .changed(by: let process)? = events.first { process } else { nil }
    }

    @Test("tell that another program deleted our table, and which")
    func deleted() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let events = try network.inside { try NFTablesEvents(besides: tables) }
        try tables.commit(.table(.addSet(Self.four)))
        #expect(!isReadable(events))
        #expect(try events.read().isEmpty)
        _ = try network.nft("flush ruleset")
        #expect(isReadable(events))
        let told = try events.read()
        guard told.count == 1, case .tableDeleted(by: let process?) = told[0] else {
            Issue.record("\(told)")
            return
        }
        #expect(process.name == "nft" && process.identifier > 1)
        #expect(!isReadable(events))
    }

    @Test("tell that another program changed something, of ours or not")
    func changed() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table(.addSet(Self.four)))
        let events = try network.inside { try NFTablesEvents(besides: tables) }
        for change in [
            "add element inet conclave four { 192.0.2.1 }", "add table inet other", "delete table inet other",
        ] {
            #expect(try network.nft(change) == "")
            let told = try events.read()
            #expect(told.count == 1)
            #expect(Self.changer(told)?.name == "nft", "\(change)")
        }
        // Another socket of this very process is another, too.
        try network.tables().commit(.table(.addCounter("c_one")))
        #expect(Self.changer(try events.read())?.identifier ?? 0 > 0)
    }

    @Test("tell each program once, however often it changed something")
    func coalesced() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table(.addSet(Self.four)))
        let events = try network.inside { try NFTablesEvents(besides: tables) }
        let other = try network.tables()
        for index in 0..<20 {
            try other.commit(KernelTransaction(.addElements(set: Self.four, [.init(IPAddress(ipv4: UInt32(index)))])))
        }
        #expect(try events.read().count == 1)
    }

    @Test("are silent about a hundred thousand elements and a thousand bans of our own")
    func own() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let hosts = NamedSet("hosts", key: .address(.ipv4), size: 100_000)
        try tables.commit(.table(.addSet(Self.four), .addSet(hosts)))
        let events = try network.inside { try NFTablesEvents(besides: tables) }
        try FeedLoader(tables).load((0..<100_000).map { UInt32($0) }, into: hosts)
        for index in 0..<1000 {
            try tables.commit(KernelTransaction(.addElements(set: Self.four, [.init(IPAddress(ipv4: UInt32(index)))])))
        }
        #expect(!isReadable(events))
        #expect(try events.read().isEmpty)
        _ = try network.nft("add table inet other")
        #expect(try events.read().count == 1)
    }

    @Test("say when there were more than could be read")
    func overrun() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table(.addSet(Self.four)))
        let events = try network.inside { try NFTablesEvents(besides: tables) }
        let other = try network.tables()
        for index in 0..<5000 {
            try other.commit(KernelTransaction(.addElements(set: Self.four, [.init(IPAddress(ipv4: UInt32(index)))])))
        }
        var told: [NFTablesEvents.Event] = []
        for _ in 0..<100 { told += try events.read() }
        #expect(told.contains(.overrun))
        #expect(!isReadable(events))
    }

    @Test("need CAP_NET_ADMIN")
    func rights() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        #expect(throws: NFTablesError.noRight) {
            try network.insideWithoutRights { _ = try NFTablesEvents(besides: tables) }
        }
    }
}
