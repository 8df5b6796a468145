import Firewall
import Glibc
import NFTables
import Testing

@Suite("transactions", .enabled(if: TestNetwork.isUsable, TestNetwork.reason))
struct TransactionTests {
    static let four = NamedSet("four", key: .address(.ipv4))

    /// What is refused, as who and why.
    private func refusal(_ tables: NFTables, _ operations: KernelOperation...) throws -> NFTablesError {
        try #require(throws: NFTablesError.self) { try tables.commit(KernelTransaction(operations)) }
    }

    @Test("with nothing in them do nothing")
    func empty() throws {
        try TestNetwork().tables().commit(KernelTransaction([]))
    }

    @Test("make what a firewall is made of")
    func whole() throws {
        let network = try TestNetwork()
        let base = FirewallChain("input", base: .init(.input, priority: -10))
        try network.tables().commit(
            .table(
                .addCounter("c_deny"), .addSet(Self.four), .addChain(FirewallChain("in_1")), .addChain(base),
                .addChain(FirewallChain("prerouting", base: .init(.prerouting, priority: -300))),
                .addRule(
                    chain: "in_1",
                    .init(.addressSet(.init(.source, .ipv4), "four"), .count("c_deny"), .verdict(.drop))),
                .addRule(chain: "in_1", .init(.verdict(.accept))),
                .addRule(chain: "input", .init(.verdict(.goto("in_1"))))))
        let expected = """
            table inet conclave {
            counter c_deny {
            packets 0 bytes 0
            }

            set four {
            type ipv4_addr
            }

            chain in_1 {
            ip saddr @four counter name "c_deny" drop
            accept
            }

            chain input {
            type filter hook input priority filter - 10; policy accept;
            goto in_1
            }

            chain prerouting {
            type filter hook prerouting priority raw; policy accept;
            }
            }
            """
        let lines = expected.split(separator: "\n").map(String.init)
        #expect(try network.listing("ruleset").filter { !$0.isEmpty } == lines)
    }

    @Test("leave what is there already, with what was counted")
    func again() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let transaction = KernelTransaction.table(
            .addCounter("c_deny"), .addSet(Self.four), .addChain(FirewallChain("other")),
            .addChain(FirewallChain("input", base: .init(.input, priority: -10))))
        try tables.commit(transaction)
        let before = try network.listing("ruleset")
        try tables.commit(transaction)
        #expect(try network.listing("ruleset") == before)
    }

    @Test("change rules as a whole")
    func refill() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(
            .table(
                .addChain(FirewallChain("a")), .addChain(FirewallChain("b")),
                .addRule(chain: "a", .init(.verdict(.jump("b")))), .addRule(chain: "b", .init(.verdict(.drop)))))
        try tables.commit(
            KernelTransaction(
                .flushChain("a"), .flushChain("b"), .deleteChain("b"), .addRule(chain: "a", .init(.verdict(.accept)))))
        #expect(
            try network.listing("ruleset") == ["table inet conclave {", "chain a {", "accept", "}", "}"])
        try tables.commit(KernelTransaction(.deleteTable))
        #expect(try network.listing("ruleset").isEmpty)
    }

    @Test("that fail anywhere change nothing, and tell where and why")
    func atomic() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table(.addSet(Self.four), .addChain(FirewallChain("a"))))
        let before = try network.listing("ruleset")
        let one = NamedSet.Element([192, 0, 2, 1])
        let error = try refusal(
            tables, .addElements(set: Self.four, [one]), .addCounter("c_new"),
            .addRule(chain: "a", .init(.verdict(.jump("nowhere")))), .addChain(FirewallChain("later")))
        guard case .refused(let index, let operation, let code, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(index == 2)
        #expect(operation == "add a rule to the chain a")
        #expect(code == ENOENT)
        #expect(
            "\(error)".hasPrefix("The kernel refused change 3, add a rule to the chain a: what it names is not there"))
        #expect(try network.listing("ruleset") == before)
    }

    @Test("name the operation when it is the first, the last, or one of many messages")
    func places() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table(.addSet(Self.four)))
        let many = (0..<2000).map { NamedSet.Element(IPAddress(ipv4: $0)) }
        let missing = NamedSet("missing", key: .address(.ipv4))
        for (index, operations): (Int, [KernelOperation]) in [
            (0, [.deleteCounter("c_none"), .addCounter("c_one")]),
            (1, [.addCounter("c_one"), .deleteCounter("c_none")]),
            (1, [.addElements(set: Self.four, many), .addElements(set: missing, many), .addCounter("c_one")]),
        ] {
            let error = try #require(throws: NFTablesError.self) { try tables.commit(KernelTransaction(operations)) }
            guard case .refused(index, _, ENOENT, _) = error else {
                Issue.record("\(index): \(error)")
                continue
            }
        }
        #expect(try network.inside { try tables.elements(of: Self.four, limit: 1) } == [])
    }

    @Test("say what is in use, full, or of another form")
    func reasons() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let small = NamedSet("small", key: .address(.ipv6), size: 2)
        try tables.commit(
            .table(
                .addSet(Self.four), .addSet(small), .addCounter("c_deny"), .addChain(FirewallChain("a")),
                .addChain(FirewallChain("b")),
                .addRule(
                    chain: "a",
                    .init(.addressSet(.init(.source, .ipv4), "four"), .count("c_deny"), .verdict(.jump("b"))))))
        #expect(try refusal(tables, .deleteSet("four")).code == EBUSY)
        #expect(try refusal(tables, .deleteChain("b")).code == EBUSY)
        #expect(try refusal(tables, .deleteCounter("c_deny")).code == EBUSY)
        let three = (1...3).map { NamedSet.Element(IPAddress(ipv6: UInt128($0) << 64)) }
        let full = try refusal(tables, .addElements(set: small, three))
        #expect(full.code == ENFILE)
        #expect("\(full)".contains("add 3 elements to the set small: the set is full"))
        let circle = try refusal(
            tables, .addChain(FirewallChain("input", base: .init(.input, priority: 0))),
            .addRule(chain: "input", .init(.verdict(.jump("a")))), .addRule(chain: "b", .init(.verdict(.jump("a")))))
        #expect(circle.code == ELOOP || circle.code == EMLINK)
        #expect(
            try refusal(tables, .addChain(FirewallChain("UPPER"))).description.hasPrefix("Cannot add the chain UPPER"))
        #expect(try refusal(tables, .deleteElements(set: Self.four, [.init([1, 2, 3, 4])])).code == ENOENT)
        #expect(
            "\(try refusal(tables, .addElements(set: NamedSet("ban4", key: .address(.ipv4)), [.init([192, 0, 2, 9])])))"
                .contains("add 192.0.2.9 to the set ban4"))
    }

    @Test("that fail in more places than can be told name the first")
    func manyErrors() throws {
        let tables = try TestNetwork().tables()
        let deletions = (1...20_000).map { KernelOperation.deleteCounter("c_\($0)") }
        let error = try #require(throws: NFTablesError.self) {
            try tables.commit(KernelTransaction([.addTable(isProtected: false)] + deletions))
        }
        guard case .refused(1, "delete the counter c_1", ENOENT, _) = error else {
            Issue.record("\(error)")
            return
        }
        // The rest of the answers disturbs nothing.
        try tables.commit(.table(.addCounter("c_one")))
        #expect(try tables.counters().count == 1)
    }

    @Test("of a table that is not there are refused")
    func noTable() throws {
        let tables = try TestNetwork().tables()
        #expect(try refusal(tables, .deleteTable).code == ENOENT)
        #expect(try refusal(tables, .addCounter("c_deny")).code == ENOENT)
    }

    @Test("that expect a generation fail after any change by others")
    func generations() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table())
        let generation = try tables.generationID()
        try tables.commit(.table(.addCounter("c_one")), expecting: generation)
        #expect(throws: NFTablesError.changedMeanwhile) {
            try tables.commit(.table(.addCounter("c_two")), expecting: generation)
        }
        #expect(try tables.counters().keys.sorted() == ["c_one"])
    }

    @Test("need CAP_NET_ADMIN")
    func rights() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table())
        let error = try #require(throws: NFTablesError.self) {
            try network.insideWithoutRights { try NFTables().commit(.table(.addCounter("c_one"))) }
        }
        #expect(error == .noRight)
        #expect(error.description.contains("CAP_NET_ADMIN"))
        #expect(try tables.counters().isEmpty)
        #expect(throws: NFTablesError.noRight) {
            try network.insideWithoutRights { _ = try NFTables().counters() }
        }
    }

    @Test("of others on a protected table are refused, those of its maker are not, and it outlives its maker")
    func protected() throws {
        let network = try TestNetwork()
        var tables: NFTables? = try network.tables()
        try tables?.commit(KernelTransaction(.addTable(isProtected: true), .addSet(Self.four)))
        let one = NamedSet.Element([192, 0, 2, 1])
        let others = try network.tables()
        for operation: KernelOperation in [.addElements(set: Self.four, [one]), .deleteTable, .addCounter("c_one")] {
            #expect(throws: NFTablesError.foreignOwner) { try others.commit(KernelTransaction(operation)) }
        }
        #expect(try network.nft("add element inet conclave four { 192.0.2.9 }").contains("Operation not permitted"))
        _ = try network.nft("flush ruleset")
        try tables?.commit(KernelTransaction(.addElements(set: Self.four, [one])))
        #expect(try tables.map { try FeedLoader($0).load([UInt32(5)], into: Self.four) } == 1)
        #expect(try others.element(set: Self.four, key: one.first) != nil)
        #expect(try others.inventory()?.isProtected == true)
        tables = nil
        #expect(try others.element(set: Self.four, key: one.first) != nil)
        // Its maker has gone: anybody may change it, until somebody makes it again and so is its owner.
        let third = try network.tables()
        try third.commit(KernelTransaction(.addCounter("c_third")))
        try others.commit(KernelTransaction(.addTable(isProtected: true), .addCounter("c_one")))
        #expect(throws: NFTablesError.foreignOwner) { try third.commit(KernelTransaction(.deleteTable)) }
        try others.commit(KernelTransaction(.deleteTable))
    }
}
