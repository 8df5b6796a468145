import Firewall
import Testing

@Suite("editing a policy")
struct PolicyEditTests {
    private let rule = FirewallRule(id: 0, name: "Block X", action: .block, transport: .tcp, ports: [6000...6063])

    private func words(_ edit: () throws(PolicyError) -> Policy) -> String? {
        do throws(PolicyError) {
            _ = try edit()
            return nil
        } catch {
            return error.description
        }
    }

    @Test("a rule is added at the end or at a place, with the next id")
    func adds() throws {
        let added = try Policy.standard.adding(rule)
        #expect(added.rules.map(\.id) == [1, 2, 3, 4, 5, 6] && added.rules[5].ports == [6000...6063])
        #expect(try added.adding(rule, at: 1).rules.map(\.id) == [7, 1, 2, 3, 4, 5, 6])
        #expect(try added.adding(rule, at: 7).rules.map(\.id) == [1, 2, 3, 4, 5, 6, 7])
        #expect(try Policy().adding(rule).rules.map(\.id) == [1])
        // The id of a removed rule is not given again as long as there is a higher one.
        #expect(try added.removing(3).adding(rule).rules.map(\.id) == [1, 2, 4, 5, 6, 7])
        #expect(
            words { () throws(PolicyError) in try Policy.standard.adding(rule, at: 0) }
                == "there is no place 0 among 5 rules; choose one from 1 to 6")
        #expect(
            words { () throws(PolicyError) in try Policy.standard.adding(rule, at: 7) }
                == "there is no place 7 among 5 rules; choose one from 1 to 6")
    }

    @Test("past the highest id, the lowest free one is given")
    func wrapsIDs() throws {
        var policy = Policy.standard
        policy.rules[4].id = PolicyLimits.ids.upperBound
        #expect(policy.nextRuleID == 5)
        #expect(try policy.adding(rule).rules.last?.id == 5)
    }

    @Test("a rule that cannot be is not added")
    func refusesRules() {
        func words(_ change: (inout FirewallRule) -> Void) -> String? {
            var rule = rule
            change(&rule)
            return self.words { () throws(PolicyError) in try Policy.standard.adding(rule) }
        }
        #expect(words { _ in } == nil)
        #expect(words { $0.name = "" } == "name: the name is empty; say what the rule is for")
        #expect(
            words { $0.name = String(repeating: "x", count: 65) }
                == "name: the name has 65 characters; write at most 64")
        #expect(
            words { $0.transport = .icmp }
                == "ports: ICMP has no ports; leave the ports away, or choose the protocol tcp, udp or any")
        #expect(
            words { $0.ports = [0...80] }
                == "ports: 0 is no port; write a number from 1 to 65535, or a range such as \"135-139\"")
        #expect(
            words { $0.ports = Array(repeating: 1...1, count: 257) }
                == "ports: there are 257 ports and ranges; write at most 256, or two rules")
        #expect(words { $0.interface = "*" } == "interface: \"*\" means every card; leave the interface away")
        #expect(
            words { $0.interface = "a b" }?.hasPrefix(
                "interface: \"a b\" is no name of a card; write at most 15 letters") == true)
        #expect(words { $0.note = "\n" } == "note: the note has characters that cannot be seen; remove them")
        let host = IPPrefix(IPAddress(ipv4: 1))
        #expect(
            words { $0.sources = Array(repeating: host, count: 257) }
                == "source: there are 257 networks; write at most 256, or use the blacklist, the whitelist or a feed")
        #expect(
            words { $0.destinations = Array(repeating: host, count: 257) }?.hasPrefix(
                "destination: there are 257 networks") == true)
    }

    @Test("the last rule that fits is added, and none after it")
    func fills() throws {
        var policy = Policy()
        policy.rules = (1..<PolicyLimits.rules).map { FirewallRule(id: $0, name: "x", action: .block) }
        policy = try policy.adding(rule)
        #expect(policy.rules.count == PolicyLimits.rules)
        #expect(
            words { () throws(PolicyError) in try policy.adding(rule) }
                == "there are 4096 rules, and no more can be; remove one, or put ports together")
    }

    @Test("a rule is removed, switched and moved by its id")
    func changes() throws {
        let policy = Policy.standard
        #expect(try policy.removing(2).rules.map(\.id) == [1, 3, 4, 5])
        let off = try policy.toggling(2)
        #expect(off.rules.map(\.isEnabled) == [true, false, true, true, true])
        #expect(try off.toggling(2) == policy)
        #expect(try policy.toggling(2, isEnabled: true) == policy && off.toggling(2, isEnabled: false) == off)
        #expect(try policy.moving(5, to: 1).rules.map(\.id) == [5, 1, 2, 3, 4])
        #expect(try policy.moving(1, to: 5).rules.map(\.id) == [2, 3, 4, 5, 1])
        #expect(
            words { () throws(PolicyError) in try policy.moving(1, to: 6) }
                == "there is no place 6 among 5 rules; choose one from 1 to 5")
        #expect(
            words { () throws(PolicyError) in try policy.moving(1, to: 0) }
                == "there is no place 0 among 5 rules; choose one from 1 to 5")
    }

    @Test("a rule that there is not is named with those that there are")
    func noSuchRule() throws {
        let three = try Policy.standard.removing(1).removing(4)
        let expected = "there is no rule 7; there are 2, 3, 5"
        #expect(words { () throws(PolicyError) in try three.removing(7) } == expected)
        #expect(words { () throws(PolicyError) in try three.toggling(7) } == expected)
        #expect(words { () throws(PolicyError) in try three.moving(7, to: 1) } == expected)
        #expect(
            words { () throws(PolicyError) in try Policy().removing(7) }
                == "there is no rule 7, and none at all; add one with `add`")
        var many = Policy()
        many.rules = (1...30).map { FirewallRule(id: $0, name: "x", action: .block) }
        let some = (1...20).map { "\($0)" }.joined(separator: ", ")
        #expect(
            words { () throws(PolicyError) in try many.removing(31) }
                == "there is no rule 31; there are \(some) and 10 more")
    }

    @Test("an entry joins a list, and takes the place of one of the same network", arguments: ListName.allCases)
    func addsEntries(list: ListName) throws {
        let network = try IPPrefix(parsing: "192.0.2.0/24")
        let policy = try Policy().adding(ListEntry(network, until: 100, note: "a"), to: list, now: 99)
        #expect(policy[list] == [ListEntry(network, until: 100, note: "a")])
        let host = ListEntry(try IPPrefix(parsing: "192.0.2.7"))
        let both = try policy.adding(host, to: list, now: 0).adding(ListEntry(network), to: list, now: 0)
        #expect(both[list] == [host, ListEntry(network)])
        let other: ListName = list == .whitelist ? .blacklist : .whitelist
        #expect(both[other].isEmpty)
        #expect(
            words { () throws(PolicyError) in try policy.adding(ListEntry(network, until: 100), to: list, now: 100) }
                == "192.0.2.0/24 would have ended before it began; choose an end that is to come")
        #expect(
            words { () throws(PolicyError) in try policy.adding(ListEntry(network, until: .max), to: list, now: 0) }
                == "until: 9223372036854775807 is no time of the years 1970 to 9999; choose an earlier end, or none")
        #expect(
            words { () throws(PolicyError) in try policy.adding(ListEntry(network, note: "\u{7}"), to: list, now: 0) }
                == "note: the note has characters that cannot be seen; remove them")
    }

    @Test("a full list takes no more, but still an entry that it has")
    func fullList() throws {
        var policy = Policy()
        policy.blacklist = (0..<UInt32(PolicyLimits.entries)).map { ListEntry(IPPrefix(IPAddress(ipv4: $0))) }
        let known = ListEntry(IPPrefix(IPAddress(ipv4: 7)), note: "again")
        #expect(try policy.adding(known, to: .blacklist, now: 0).blacklist.last == known)
        let new = ListEntry(IPPrefix(IPAddress(ipv4: .max)))
        #expect(
            words { () throws(PolicyError) in try policy.adding(new, to: .blacklist, now: 0) }
                == "the blacklist has 65536 entries, and no more can be; remove some, put networks together, or publish the list as a feed of the format plain"
        )
        #expect(throws: Never.self) { try policy.adding(new, to: .whitelist, now: 0) }
    }

    @Test("an entry is removed by exactly its network", arguments: ListName.allCases)
    func removesEntries(list: ListName) throws {
        let network = try IPPrefix(parsing: "192.0.2.0/24")
        let policy = try Policy().adding(ListEntry(network), to: list, now: 0)
        #expect(try policy.removing(network, from: list) == Policy())
        let host = try IPPrefix(parsing: "192.0.2.7")
        #expect(
            words { () throws(PolicyError) in try policy.removing(host, from: list) }
                == "192.0.2.7 is not in the \(list.rawValue); it overlaps 192.0.2.0/24: remove that")
        #expect(
            words { () throws(PolicyError) in try Policy().removing(host, from: list) }
                == "192.0.2.7 is not in the \(list.rawValue); see what is with `\(list.rawValue) list`")
    }

    @Test("entries go when their time is over, not a second before")
    func purges() throws {
        let (a, b, c) = (
            try IPPrefix(parsing: "192.0.2.1"), try IPPrefix(parsing: "192.0.2.2"), try IPPrefix(parsing: "192.0.2.3")
        )
        var policy = Policy()
        policy.whitelist = [ListEntry(a, until: 100), ListEntry(b)]
        policy.blacklist = [ListEntry(c, until: 101), ListEntry(a, until: 50)]
        #expect(policy.purged(now: 49).policy == policy && policy.purged(now: 49).expired.isEmpty)
        let (purged, expired) = policy.purged(now: 100)
        #expect(purged.whitelist == [ListEntry(b)] && purged.blacklist == [ListEntry(c, until: 101)])
        #expect(expired.map(\.list) == [.whitelist, .blacklist] && expired.map(\.entry.until) == [100, 50])
    }
}
