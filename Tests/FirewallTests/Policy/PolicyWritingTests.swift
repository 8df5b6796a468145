import Firewall
import Testing

@Suite("writing the rules file")
struct PolicyWritingTests {
    @Test("any policy is read back as the same, and written the same again")
    func roundTrip() throws {
        var random = PolicyRandom(10)
        for _ in 0..<400 {
            let policy = random.policy()
            let text = try policy.written()
            let read = try Policy(parsing: text, name: "policy.json")
            #expect(read == policy && read.json == text && text.hasSuffix("}\n"))
            // In one line it means the same.
            #expect(try Policy(parsing: policy.jsonValue.compact, name: "policy.json") == policy)
            #expect(policy.changes(to: read).isEmpty)
        }
    }

    @Test("a value that could not be read again is not written")
    func refusesBroken() {
        func words(_ change: (inout Policy) -> Void) -> String? {
            var policy = Policy.standard
            change(&policy)
            do throws(PolicyError) {
                _ = try policy.written()
                return nil
            } catch {
                return error.description
            }
        }
        #expect(words { _ in } == nil)
        #expect(
            words { $0.statisticsSeconds = 0 }?.hasSuffix(
                "statistics.seconds: 0 is not possible; write a whole number from 1 to 3600") == true)
        #expect(words { $0.rules[0].id = 2 }?.contains("rules[1].id: 2 is already the id") == true)
        #expect(words { $0.rules[0].name = "" }?.contains("rules[0].name: the name is empty") == true)
        #expect(
            words { $0.rules[0].interface = "*" }
                == "the new policy: its text would be read as another one; undo the last change")
        #expect(words { $0.feeds[0].url = "http://lists.example" }?.contains("threatIntel.feeds[0].url") == true)
        let note = String(repeating: "é", count: 200)
        #expect(
            words { policy in
                policy.blacklist = (0..<20_000).map {
                    ListEntry(IPPrefix(IPAddress(ipv4: 0x0A00_0000 + $0)), note: note)
                }
            } == "the new policy:1: column 1: the text has more than 8388608 bytes; make it shorter")
    }

    @Test("a rule and an entry are written as short as they can be")
    func forms() throws {
        let rule = FirewallRule(id: 1, name: "Block Telnet", action: .block, transport: .tcp, ports: [23...23])
        #expect(
            rule.json.compact
                == #"{"id":1,"name":"Block Telnet","action":"block","protocol":"tcp","ports":["23"],"direction":"in","enabled":true}"#
        )
        let full = FirewallRule(
            id: 2, name: "x", action: .allow, ports: [80...80, 135...139], direction: .both,
            sources: [try IPPrefix(parsing: "192.0.2.0/24")],
            destinations: [try IPPrefix(parsing: "::1")], interface: "wlan*", isEnabled: false, note: "n")
        #expect(
            full.json.compact
                == #"{"id":2,"name":"x","action":"allow","protocol":"any","ports":["80","135-139"],"direction":"both","source":["192.0.2.0/24"],"destination":["::1"],"interface":"wlan*","enabled":false,"note":"n"}"#
        )
        let host = try IPPrefix(parsing: "192.0.2.7")
        #expect(ListEntry(host).json.compact == #""192.0.2.7""#)
        #expect(ListEntry(host, note: "n").json.compact == #"{"addr":"192.0.2.7","until":null,"note":"n"}"#)
        #expect(ListEntry(host, until: 0).json.compact == #"{"addr":"192.0.2.7","until":"1970-01-01T00:00:00Z"}"#)
    }

    @Test("the standard policy allows, blocks the five ports over TCP and UDP, and has the limit and the three lists")
    func standard() {
        let policy = Policy.standard
        #expect(policy.defaultAction == .allow && policy.lint(now: 1_800_000_000).isEmpty)
        #expect(policy.rules.flatMap(\.ports) == [23...23, 135...135, 139...139, 445...445, 3389...3389])
        #expect(
            policy.rules.allSatisfy {
                $0.action == .block && $0.transport == .any && $0.direction == .in && $0.isEnabled
            })
        #expect(policy.rules.map(\.id) == [1, 2, 3, 4, 5])
        #expect(
            policy.rateLimit?.connections == 100 && policy.rateLimit?.seconds == 10
                && policy.rateLimit?.ipv6Prefix == 64)
        #expect(policy.feeds.map(\.direction) == [.out, .both, .both])
        #expect(policy.feeds.map(\.format) == [.feodoText, .spamhausDrop, .spamhausDrop])
        #expect(policy.feeds.allSatisfy { $0.interval >= 3_600 && $0.isEnabled && $0.url.hasPrefix("https://") })
        #expect(policy.whitelist.isEmpty && policy.blacklist.isEmpty)
    }
}

@Suite("damaged rules files")
struct PolicyDamageTests {
    @Test("whatever is changed in a file, it is read or refused at a place in it, in bounded time")
    func mutations() {
        var random = PolicyRandom(11)
        let signs = Array("{}[]\",:0123456789-truefalsnd \n./*é\u{0}".utf8)
        var (read, refused) = (0, 0)
        var slowest = Duration.zero
        for _ in 0..<800 {
            var bytes = Array(random.policy().json.utf8)
            for _ in 0...random.below(3) {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[place] = random.one(of: signs)
                case 1: bytes.insert(random.one(of: signs), at: place)
                case 2 where bytes.count > 100:
                    bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(20)))
                default:
                    // A piece of the file once more, elsewhere.
                    let end = min(bytes.count, place + random.below(40))
                    bytes.insert(contentsOf: Array(bytes[place..<end]), at: random.below(bytes.count))
                }
            }
            let start = ContinuousClock.now
            do throws(PolicyError) {
                let policy = try Policy(parsing: bytes, name: "policy.json")
                read += 1
                #expect((try? Policy(parsing: policy.json, name: "policy.json")) == policy)
            } catch {
                refused += 1
                let lines = bytes.count { $0 == 10 } + 1
                #expect(error.file == "policy.json" && (1...lines).contains(error.line ?? 0) && !error.problem.isEmpty)
            }
            slowest = max(slowest, start.duration(to: .now))
        }
        #expect(read > 20 && refused > 400)
        #expect(slowest < .seconds(10))
    }

    @Test("the largest policy is read, checked and compared in bounded time")
    func largest() throws {
        var policy = Policy()
        policy.rules = (1...PolicyLimits.rules).map {
            FirewallRule(id: $0, name: "rule \($0)", action: .block, transport: .tcp, ports: [UInt16($0)...UInt16($0)])
        }
        policy.blacklist = (0..<UInt32(PolicyLimits.entries)).map {
            ListEntry(IPPrefix(IPAddress(ipv4: $0 << 8), length: 24))
        }
        let start = ContinuousClock.now
        let text = try policy.written()
        #expect(text.utf8.count < PolicyLimits.fileBytes)
        #expect(policy.lint(now: 0).isEmpty)
        #expect(policy.changes(to: Policy()).count > PolicyLimits.rules)
        #expect(start.duration(to: .now) < .seconds(120))
    }
}
