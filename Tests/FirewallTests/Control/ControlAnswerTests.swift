import Firewall
import JSONText
import Testing

@Suite("Answers of the control socket")
struct ControlAnswerTests {
    static let address = IPAddress(ipv4: 0xC000_0207)
    static let ban = Ban(
        targets: [IPPrefix(address), IPPrefix(IPAddress(ipv6: 0x2001 << 112), length: 64)], since: 1_700_000_000_000,
        until: 1_700_000_600_000, kind: .alarm, detail: "97 ports in 10 s", offence: 2)
    static let packet = LoggedPacket(
        prefix: "cfw:rule 3", time: 1_700_000_000_071, source: address, destination: address, transport: 6,
        sourcePort: 51_665, destinationPort: 23, flags: 2, length: 60)

    static let answers: [ControlAnswer] = [
        .status(StatusAnswer(state: .on, posture: .normal, generation: 1, since: 1)),
        .status(
            StatusAnswer(
                state: .trial, posture: .lockdown, generation: 7, trialUntil: 1_700_000_000_000, since: 5, rules: 2,
                bans: 3, feedEntries: 1_806, isProtected: true, policy: "/etc/conclave-firewall/policy.json",
                problems: ["the log is full"])),
        .rules(RulesAnswer([], defaultAction: .allow)),
        .rules(
            RulesAnswer(
                [
                    RuleRow(ControlRequestTests.rule, packets: 1_204, bytes: .max),
                    RuleRow(FirewallRule(id: 1, name: "Block Telnet", action: .block)),
                ], defaultAction: .block, trialUntil: 9)),
        .list(ListAnswer(.whitelist, [])),
        .list(ListAnswer(.blacklist, [ListEntry(IPPrefix(address, length: 24), until: 1_700_000_000, note: "ä\t")])),
        .bans([]), .bans([BanRow(ban, packets: 4), BanRow(ban)]), .banned(BanRow(ban)),
        .logs([]),
        .logs([
            PacketRow(id: 1, reason: "rule 3", name: "Block Telnet", packet: packet, interface: "eth0"),
            PacketRow(id: .max, weight: 100, reason: "feed", packet: LoggedPacket(prefix: "cfw:feed", time: 0)),
        ]),
        .statistics(StatisticsAnswer(time: 2, since: 1, counters: [])),
        .statistics(
            StatisticsAnswer(
                time: 2, since: 1, counters: [.init("ban", packets: 5, bytes: 300, perSecond: 0.1)], bans: 1,
                authenticated: 2, feedEntries: 3, blockedRows: 4, allowedRows: 5, storeBytes: 6, lost: 7, memory: 8)),
        .threats([]),
        .threats([
            FeedRow(
                name: "feodo", direction: .out, entries: 5, state: .held, fetched: 1, changed: 2, held: 90, refused: 1,
                detail: "unchanged, 304"),
            FeedRow(name: "x", direction: .both, entries: 0, state: .missing),
        ]),
        .why(
            WhyAnswer(
                WhyQuestion(address, port: 23), outcome: .blocked, by: "rule 1", words: "Rule 1 blocks it.",
                path: ["a", "b"])),
        .why(WhyAnswer(WhyQuestion(address, isOutbound: true), outcome: .allowed, by: "default", words: "Allowed.")),
        .posture(.guarded), .check(CheckAnswer()),
        .check(CheckAnswer(refusals: ["you"], warnings: ["rule 2 never fits"], changes: ["rule 3 is new"])),
        .change(ChangeAnswer("Rule 3", trialUntil: 60_000, rule: 3, changes: ["x"], warnings: ["y"])),
        .change(ChangeAnswer("The policy")), .done("192.0.2.7 is free again."),
        .failure(ControlFailure(.refused, "The policy would lock you out.", reasons: ["192.0.2.7 over SSH"])),
    ]

    @Test("come back as they went, in one line", arguments: answers)
    func roundTrip(_ answer: ControlAnswer) throws {
        let line = answer.line
        #expect(!line.contains("\n"))
        #expect(try ControlAnswer(parsing: line.utf8) == answer)
    }

    @Test("may hold all bans that there can be")
    func manyBans() throws {
        let bans = (0..<82_000).map { number in
            BanRow(
                Ban(
                    targets: [IPPrefix(IPAddress(ipv4: number))], since: 0, until: 1, kind: .manual, detail: "",
                    offence: 1))
        }
        let line = ControlAnswer.bans(bans).line
        guard case .bans(let read) = try ControlAnswer(parsing: line.utf8) else {
            Issue.record("no bans")
            return
        }
        #expect(read == bans)
    }

    @Test("say in JSON what they mean")
    func golden() {
        #expect(
            ControlFailure(.refused, "no", reasons: ["you"]).line
                == #"{"ok":false,"status":3,"error":"no","reasons":["you"]}"#)
        #expect(ControlAnswer.posture(.normal).line == #"{"ok":true,"answer":"posture","posture":4}"#)
        #expect(
            ControlAnswer.list(ListAnswer(.blacklist, [ListEntry(IPPrefix(Self.address), until: 1_700_000_000)])).line
                == #"{"ok":true,"answer":"list","list":"blacklist","entries":[{"address":"192.0.2.7","until":1700000000000,"note":""}]}"#
        )
    }

    @Test("may have members of a younger daemon")
    func passesOverTheUnknown() throws {
        let line = #"{"ok":true,"answer":"posture","posture":4,"new":{"a":[1]}}"#
        #expect(try ControlAnswer(parsing: line.utf8) == .posture(.normal))
    }

    @Test("with a status that is not known are failures all the same")
    func unknownStatus() throws {
        let line = #"{"ok":false,"status":99,"error":"x"}"#
        #expect(try ControlAnswer(parsing: line.utf8) == .failure(ControlFailure(.runtime, "x")))
    }

    @Test(
        "are refused when anything is wrong",
        arguments: [
            "", "{}", "[]", #"{"ok":1}"#, #"{"ok":true}"#, #"{"ok":true,"answer":"secret"}"#, #"{"ok":false}"#,
            #"{"ok":false,"status":0,"error":"x"}"#, #"{"ok":false,"status":1}"#,
            #"{"ok":true,"answer":"posture","posture":6}"#, #"{"ok":true,"answer":"bans","bans":{}}"#,
            #"{"ok":true,"answer":"bans","bans":[1]}"#, #"{"ok":true,"answer":"logs","packets":[{}]}"#,
            #"{"ok":true,"answer":"stats","time":1,"since":1,"counters":[{"name":"a","packets":-1,"bytes":0,"perSecond":0}]}"#,
        ])
    func rejects(_ line: String) {
        #expect(throws: ControlFailure.self) { try ControlAnswer(parsing: line.utf8) }
    }

    @Test("are refused, or read, whatever byte of them is changed; never a trap", arguments: answers)
    func mutated(_ answer: ControlAnswer) {
        let line = Array(answer.line.utf8)
        for index in line.indices {
            for byte in [0, 0x22, 0x2D, 0x39] as [UInt8] {
                var other = line
                other[index] = byte
                guard let read = try? ControlAnswer(parsing: other) else { continue }
                #expect((try? ControlAnswer(parsing: read.line.utf8)) == read)
            }
        }
    }
}
