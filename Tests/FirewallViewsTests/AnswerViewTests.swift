import Firewall
import Testing

@testable import FirewallViews

@Suite("Answers as lines")
struct AnswerViewTests {
    static let now: Int64 = 1_763_682_639_071
    static let terminal = ViewStyle(columns: 80, hasColours: false, now: now, isUTC: true)
    static let pipe = ViewStyle(columns: nil, hasColours: false, now: now)
    static func v4(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    static let rules = RulesAnswer(
        [
            RuleRow(
                FirewallRule(id: 1, name: "Block Telnet", action: .block, transport: .tcp, ports: [23...23]),
                packets: 1_204, bytes: 72_240),
            RuleRow(
                FirewallRule(
                    id: 12, name: "Büro\u{1B}]0;x\u{7}", action: .allow, ports: [80...80, 443...443], direction: .both,
                    isEnabled: false)),
        ], defaultAction: .allow, trialUntil: now + 42_000)

    @Test("rules on a terminal")
    func rules() {
        #expect(
            Self.terminal.lines(Self.rules) == [
                "ID  STATE  ACTION  PROTO  PORTS    DIR    HITS     BYTES  NAME",
                " 1  on     block   tcp    23       in    1,204  70.5 KiB  Block Telnet",
                #"12  off    allow   any    80, 443  both      0       0 B  Büro\x1b]0;x\x07"#,
                "What no rule decides is allowed.",
                "On trial until 23:51:21 (42 s left). Keep it: conclave-firewall confirm",
            ])
    }

    @Test("rules in a pipe: all columns, plain numbers, nothing else")
    func plainRules() {
        #expect(
            Self.pipe.lines(Self.rules) == [
                "ID\tSTATE\tACTION\tPROTO\tPORTS\tDIR\tHITS\tBYTES\tNAME\tFROM\tTO\tCARD",
                "1\ton\tblock\ttcp\t23\tin\t1204\t72240\tBlock Telnet\t\t\t",
                "12\toff\tallow\tany\t80, 443\tboth\t0\t0\tBüro\\x1b]0;x\\x07\t\t\t",
            ])
    }

    @Test("rules that are about places say so")
    func places() throws {
        let rule = FirewallRule(
            id: 3, name: "SSH", action: .allow, transport: .tcp, ports: [22...22],
            sources: [IPPrefix(try Self.v4("192.0.2.0"), length: 24)], interface: "wlan0")
        let answer = RulesAnswer([RuleRow(rule)], defaultAction: .block)
        #expect(
            Self.terminal.lines(answer) == [
                "ID  STATE  ACTION  PROTO  PORTS  DIR  HITS  BYTES  NAME  WHERE",
                " 3  on     allow   tcp    22     in      0    0 B  SSH   from 192.0.2.0/24 on w…",
                "New inbound connections that no rule decides are blocked.",
            ])
        #expect(Self.pipe.lines(answer)[1] == "3\ton\tallow\ttcp\t22\tin\t0\t0\tSSH\t192.0.2.0/24\t\twlan0")
    }

    @Test("packets, and those that follow")
    func packets() throws {
        let row = PacketRow(
            id: 1, reason: "rule 1", name: "Block Telnet",
            packet: LoggedPacket(
                prefix: "cfw:rule 1", time: Self.now, source: try Self.v4("10.77.0.1"),
                destination: try Self.v4("10.77.0.2"), transport: 6, sourcePort: 51_665, destinationPort: 23, flags: 2,
                length: 60), interface: "eth0")
        var lines = PacketLines(ViewStyle(columns: 120, hasColours: false, now: Self.now, isUTC: true))
        #expect(
            lines.first([row]) == [
                "TIME                     REASON  PROTO  FROM             TO              FLAGS  CARD  BYTES  NAME",
                "2025-11-20 23:50:39.071  rule 1  tcp    10.77.0.1:51665  → 10.77.0.2:23  SYN    eth0     60  Block Telnet",
            ])
        var short = PacketLines(Self.terminal)
        #expect(
            short.first([row])[1] == "11-20 23:50:39  rule 1  tcp    10.77.0.1:51665  → 10.77.0.2:23  Block Telnet")
        var plain = PacketLines(Self.pipe)
        #expect(
            plain.next([row]) == [
                "2025-11-20T23:50:39.071Z\trule 1\ttcp\t10.77.0.1:51665\t10.77.0.2:23\tSYN\teth0\t60\tBlock Telnet"
            ])
        #expect(short.next([]) == [])
    }

    @Test("bans: an address a line, none cut")
    func bans() throws {
        let ban = Ban(
            targets: [IPPrefix(try Self.v4("203.0.113.9")), IPPrefix(try Self.v4("2001:db8:1:2::"), length: 64)],
            since: Self.now - 60_000, until: Self.now + 1_140_000, kind: .alarm, detail: "97 ports in 10 s", offence: 2)
        #expect(
            Self.terminal.lines([BanRow(ban)]) == [
                "ADDRESS            ENDS IN  AGE   OFFENCE  KIND          WHY",
                "203.0.113.9        19 min   60 s        2  tlsmon.alarm  97 ports in 10 s",
                "2001:db8:1:2::/64",
            ])
        #expect(
            Self.terminal.lines(BanRow(ban)) == ["203.0.113.9 and 2001:db8:1:2::/64 are banned for 20 min."])
        #expect(Self.pipe.lines([BanRow]()).count == 1)
        #expect(Self.terminal.lines([BanRow]()) == ["Nobody is banned."])
    }

    @Test("threat lists, and what to do about one that is held")
    func feeds() {
        let feeds = [
            FeedRow(
                name: "feodo", direction: .out, entries: 5, state: .ok, fetched: Self.now - 720_000,
                changed: Self.now - 41 * 86_400_000, detail: "unchanged, 304"),
            FeedRow(name: "spamhaus-drop", direction: .both, entries: 1_801, state: .held, held: 12, refused: 1),
        ]
        #expect(
            Self.terminal.lines(feeds) == [
                "FEED           DIR   ENTRIES  FETCHED  CHANGED  STATE  DETAIL",
                "feodo          out         5  12 min   41 d     ok     unchanged, 304",
                "spamhaus-drop  both    1,801  never    never    held   1 entry refused as our o…",
                "spamhaus-drop would change to 12 entries at once, so the list before counts.",
                "  When that is right: conclave-firewall threats accept spamhaus-drop",
            ])
    }

    @Test("why, from where to where")
    func why() throws {
        let question = WhyQuestion(try Self.v4("203.0.113.9"), port: 3_389)
        let answer = WhyAnswer(
            question, outcome: .blocked, by: "rule 3", words: "Rule 3 “Block RDP” blocks tcp 3389.",
            path: ["no list names it", "rule 3 fits"])
        #expect(
            Self.terminal.lines(answer) == [
                "BLOCKED  tcp from 203.0.113.9 to port 3389 here", "  Rule 3 “Block RDP” blocks tcp 3389.",
                "  1. no list names it", "  2. rule 3 fits",
            ])
    }

    @Test("changes: how long the trial is, and what to run")
    func changes() {
        #expect(
            Self.terminal.lines(ChangeAnswer("Rule 3", trialUntil: Self.now + 59_990, rule: 3)) == [
                "Rule 3 is on trial for 60 s. Run: conclave-firewall confirm"
            ])
        #expect(Self.terminal.lines(ChangeAnswer("The policy")) == ["The policy is in force."])
        #expect(Self.terminal.lines(ChangeAnswer("Posture 2"), isTakenBack: true) == ["Posture 2 is taken back."])
    }

    @Test("the check, clean and not")
    func check() {
        #expect(Self.terminal.lines(CheckAnswer()) == ["OK  Nobody who must get in is locked out."])
        #expect(
            Self.terminal.lines(
                CheckAnswer(refusals: ["192.0.2.7 over SSH (port 22)"], warnings: ["rule 2 never fits"]))
                == [
                    "REFUSED  The policy would lock out:", "  ✗ 192.0.2.7 over SSH (port 22)", "  ! rule 2 never fits",
                ])
    }

    @Test("status, statistics and posture")
    func status() {
        let status = StatusAnswer(
            state: .trial, posture: .normal, generation: 3, trialUntil: Self.now + 42_000,
            since: Self.now - 10_800_000, rules: 5, bans: 2, feedEntries: 1_806,
            policy: "/etc/conclave-firewall/policy.json", problems: ["The disk is full\u{7}"])
        #expect(
            Self.terminal.lines(status) == [
                "state      ON TRIAL", "trial      ends in 42 s. Keep it: conclave-firewall confirm",
                "posture    4 normal  as the policy says: rules, lists, bans, rate limit, threat", "           lists",
                "policy     /etc/conclave-firewall/policy.json  generation 3", "rules      5", "bans       2",
                "threats    1,806", "protected  no", "running    for 3 h", #"problem    The disk is full\x07"#,
            ])
        let statistics = StatisticsAnswer(
            time: Self.now, since: Self.now - 60_000,
            counters: [
                .init("rule_3", packets: 1_204, bytes: 72_240, perSecond: 1.25),
                .init("ban", packets: 7, bytes: 420, perSecond: 0),
            ], bans: 2)
        #expect(
            Self.terminal.lines(statistics).prefix(3) == [
                "COUNTER        PACKETS     BYTES  PER SECOND", "blocked: bans        7     420 B         0.0",
                "rule 3           1,204  70.5 KiB         1.3",
            ])
        #expect(
            Self.pipe.lines(statistics).prefix(3) == [
                "COUNTER\tPACKETS\tBYTES\tPER SECOND", "rule 3\t1204\t72240\t1.3", "ban\t7\t420\t0.0",
            ])
        #expect(Self.terminal.lines(statistics).contains { $0.hasPrefix("authenticated  0  addresses") })
        #expect(Self.pipe.lines(statistics).contains("authenticated\t0"))
        let postures = Self.terminal.lines(Posture.guarded)
        #expect(postures[2].hasPrefix("→ 3 guarded   new ") && postures[3].hasPrefix("              "))
        #expect(Self.pipe.lines(Posture.guarded) == ["3\tguarded"])
    }

    @Test("nothing hostile reaches the terminal raw, whoever wrote it")
    func hostile() throws {
        let evil = "\u{1B}]52;c;x\u{7}\u{9B}2J\r\u{202E}"
        let address = try Self.v4("192.0.2.7")
        let ban = Ban(targets: [IPPrefix(address)], since: 0, until: 1, kind: .manual, detail: evil, offence: 1)
        let answers: [ControlAnswer] = [
            .status(StatusAnswer(state: .off, posture: .open, generation: 0, since: 0, policy: evil, problems: [evil])),
            .rules(
                RulesAnswer(
                    [RuleRow(FirewallRule(id: 1, name: evil, action: .block, interface: evil))], defaultAction: .block)),
            .list(ListAnswer(.blacklist, [ListEntry(IPPrefix(address), until: .max, note: evil)])),
            .bans([BanRow(ban)]), .banned(BanRow(ban)),
            .logs([
                PacketRow(
                    id: 1, reason: evil, name: evil, packet: LoggedPacket(prefix: evil, time: .max), interface: evil)
            ]),
            .statistics(
                StatisticsAnswer(time: 0, since: 0, counters: [.init(evil, packets: 0, bytes: 0, perSecond: .infinity)])
            ),
            .threats([FeedRow(name: evil, direction: .in, entries: 0, state: .held, detail: evil)]),
            .why(WhyAnswer(WhyQuestion(address), outcome: .rejected, by: evil, words: evil, path: [evil])),
            .check(CheckAnswer(refusals: [evil], warnings: [evil], changes: [evil])),
            .change(ChangeAnswer(evil, trialUntil: .max, changes: [evil], warnings: [evil])), .done(evil),
            .failure(ControlFailure(.runtime, evil, reasons: [evil])),
        ]
        for answer in answers {
            for style in [Self.terminal, Self.pipe] {
                for scalar in style.lines(answer).joined().unicodeScalars {
                    #expect(scalar == "\t" || !["\u{1B}", "\u{7}", "\u{9B}", "\r", "\n", "\u{202E}"].contains(scalar))
                }
            }
        }
    }

    @Test("long sentences go on below where they began, and none is wider than the terminal")
    func hanging() {
        let reason = "Your SSH session goes on, but a new one from 192.0.2.7 to port 22 would be refused by rule 7."
        let failure = ControlFailure(.refused, "Nothing was changed.", reasons: [reason])
        let style = ViewStyle(columns: 60, hasColours: false, now: Self.now)
        #expect(
            style.lines(failure) == [
                "conclave-firewall: Nothing was changed.",
                "  ✗ Your SSH session goes on, but a new one from 192.0.2.7",
                "    to port 22 would be refused by rule 7.",
            ])
        #expect(
            Array(style.lines(CheckAnswer(refusals: [reason])).dropFirst()) == Array(style.lines(failure).dropFirst()))
        let coloured = ViewStyle(columns: 60, hasColours: true, now: Self.now).lines(failure)
        #expect(coloured.count == 3 && coloured[2] == style.lines(failure)[2])
    }

    @Test("colours are only there when they are wanted")
    func colours() {
        let style = ViewStyle(columns: 80, hasColours: true, now: Self.now)
        #expect(style.lines(ControlAnswer.rules(Self.rules)).joined().contains("\u{1B}[1;31mblock\u{1B}[0m"))
    }
}
