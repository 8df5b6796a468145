import Firewall
import Testing

@Suite("what changes from one policy to another, in sentences")
struct PolicyChangeTests {
    private func changes(_ change: (inout Policy) -> Void) -> [String] {
        var policy = Policy.standard
        change(&policy)
        return Policy.standard.changes(to: policy)
    }

    private func net(_ text: String) throws -> IPPrefix { try IPPrefix(parsing: text) }

    @Test("nothing changes from a policy to itself")
    func same() { #expect(changes { _ in }.isEmpty) }

    @Test("rules come, go, change, are switched and change places")
    func rules() throws {
        let net = try net("192.0.2.0/24")
        var web = FirewallRule(
            id: 6, name: "Web", action: .allow, transport: .tcp, ports: [80...80, 8000...8099], direction: .both,
            sources: [net], interface: "eth0")
        #expect(
            changes { $0.rules.append(web) } == [
                "Rule 6 (Web) comes: allow tcp to ports 80, 8000-8099 in and out from 192.0.2.0/24 on eth0."
            ])
        web.isEnabled = false
        #expect(
            changes { $0.rules.append(web) } == [
                "Rule 6 (Web) comes: allow tcp to ports 80, 8000-8099 in and out from 192.0.2.0/24 on eth0 (switched off)."
            ])
        #expect(changes { $0.rules.remove(at: 0) } == ["Rule 1 (Block Telnet) goes: block tcp and udp to port 23 in."])
        #expect(
            changes { $0.rules[0].isEnabled = false } == [
                "Rule 1 (Block Telnet) is switched off: block tcp and udp to port 23 in."
            ])
        #expect(
            changes { $0.rules[0].transport = .tcp } == [
                "Rule 1 (Block Telnet) changes: block tcp to port 23 in, no longer block tcp and udp to port 23 in."
            ])
        #expect(changes { $0.rules[0].name = "T" } == ["Rule 1 is called T, no longer Block Telnet."])
        #expect(changes { $0.rules[0].note = "n" } == ["The note of rule 1 (Block Telnet) changes."])
        #expect(changes { $0.rules.swapAt(0, 4) } == ["Rules are asked in another order: 5, 2, 3, 4, 1."])
        #expect(
            changes { $0.rules[0].destinations = [net] } == [
                "Rule 1 (Block Telnet) changes: block tcp and udp to port 23 in to 192.0.2.0/24, no longer block tcp and udp to port 23 in."
            ])
        let many = (0..<10).map { IPPrefix(IPAddress(ipv4: $0)) }
        #expect(changes { $0.rules[0].sources = many }[0].contains("0.0.0.7 and 2 more, no longer"))
        var policy = Policy.standard
        policy.rules[0].sources = many
        var other = policy
        other.rules[0].sources[9] = net
        #expect(policy.changes(to: other).count == 1)
        #expect(FirewallRule(id: 1, name: "x", action: .block).sentence == "block everything in")
        #expect(
            FirewallRule(id: 1, name: "x", action: .allow, transport: .icmp, direction: .out).sentence
                == "allow icmp out")
    }

    @Test("entries join, leave and get another end")
    func lists() throws {
        let net = try net("192.0.2.0/24")
        #expect(changes { $0.whitelist = [ListEntry(net)] } == ["192.0.2.0/24 joins the whitelist."])
        #expect(
            changes { $0.blacklist = [ListEntry(net, until: 0)] } == [
                "192.0.2.0/24 joins the blacklist until 1970-01-01T00:00:00Z."
            ])
        var policy = Policy.standard
        policy.blacklist = [ListEntry(net)]
        var other = policy
        #expect(policy.changes(to: .standard) == ["192.0.2.0/24 leaves the blacklist."])
        other.blacklist[0].until = 60
        #expect(policy.changes(to: other) == ["192.0.2.0/24 stays in the blacklist until 1970-01-01T00:01:00Z."])
        #expect(other.changes(to: policy) == ["192.0.2.0/24 stays in the blacklist without an end."])
        other = policy
        other.blacklist[0].note = "n"
        #expect(policy.changes(to: other) == ["The note of 192.0.2.0/24 in the blacklist changes."])
        let many = changes { $0.blacklist = (0..<60).map { ListEntry(IPPrefix(IPAddress(ipv4: $0))) } }
        #expect(many.count == 51 && many.last == "The blacklist has 10 more changes.")
    }

    @Test("all other settings have their sentence")
    func settings() {
        #expect(
            changes { $0.defaultAction = .block } == [
                "New connections from outside that no rule decides are blocked, no longer allowed."
            ])
        #expect(changes { $0.rateLimit = nil } == ["New connections are no longer limited."])
        #expect(
            changes { $0.rateLimit?.connections = 7 } == [
                "A source may open 7 connections in 10 s (IPv6 by /64), all together 5000 a second."
            ])
        #expect(changes { $0.safety.confirmSeconds = 30 } == ["Changes are on trial for 30 s, no longer 60 s."])
        #expect(changes { $0.safety.isProtected = true } == ["Other programs may no longer touch the table."])
        #expect(changes { $0.statisticsSeconds = 60 } == ["Statistics are recorded every 60 s, no longer 30 s."])
        #expect(changes { $0.feeds.remove(at: 1) } == ["The feed spamhaus-drop-v4 is no longer used."])
        #expect(changes { $0.feeds[0].isEnabled = false } == ["The feed feodo changes: switched off."])
        let added = changes { $0.feeds.append(FeedSource(name: "a", url: "https://x", format: .plain)) }
        #expect(
            added == ["The feed a is used: https://x as plain, blocks in and out, fetched every 1h, dropped after 7d."])
        #expect(
            changes { $0.log.allowedSample = 0 } == [
                "The log keeps 100 lines a second for each reason and nothing of what passes, for 30 days and 512 MiB, over the groups 77 and 78."
            ])
    }

    @Test("two policies that differ have at least one sentence, two that do not have none")
    func complete() {
        var random = PolicyRandom(13)
        for _ in 0..<300 {
            let (one, other) = (random.policy(), random.policy())
            #expect(one.changes(to: other).isEmpty == (one == other))
            // One setting of the other at a time.
            var near = one
            switch random.below(7) {
            case 0: near.rules = other.rules
            case 1: near.whitelist = other.whitelist
            case 2: near.blacklist = other.blacklist
            case 3: near.rateLimit = other.rateLimit
            case 4: near.feeds = other.feeds
            case 5: near.log = other.log
            default: near.safety = other.safety
            }
            // The order of lists and feeds means nothing, and has no sentence.
            #expect(one.changes(to: near).isEmpty == (one == near))
        }
    }
}
