import Firewall
import Testing

@Suite("policies and answers of the greatest size there may be")
struct HostileSizeTests {
    private func policy(_ count: Int, _ ports: (Int) -> [ClosedRange<UInt16>]) -> Policy {
        var policy = Policy()
        policy.rules = (1...count).map {
            FirewallRule(id: $0, name: "r", action: .block, transport: .tcp, ports: ports($0))
        }
        return policy
    }

    /// As many as a rule may have, apart from each other.
    private func scattered(_ shift: UInt16) -> [ClosedRange<UInt16>] {
        (0..<UInt16(PolicyLimits.ports)).map { $0 * 250 + 1 + shift...$0 * 250 + 1 + shift }
    }

    @Test("rules with hundreds of thousands of ranges are compiled in a moment, the first deciding each port")
    func manyRanges() {
        let policy = policy(1_024) { self.scattered(UInt16($0 % 200)) }
        let clock = ContinuousClock()
        var sets: [NamedSet] = []
        let time = clock.measure {
            sets = RulesetCompiler(policy: policy, posture: .normal, generation: 1, now: 0).compile().sets
        }
        // It was a hundred seconds and more when each port asked each range.
        #expect(time < .seconds(20))
        let map = sets.first { $0.isMap }
        #expect(map?.elements.count == 200 * PolicyLimits.ports)
        #expect(map?.elements.first?.verdict == .goto("r200_in_1"))
    }

    @Test("rules that are too many to compare are said to be, in a moment")
    func tooManyToCompare() {
        let policy = policy(512) { id in
            self.scattered(0).dropLast(2) + [64_500 + UInt16(id)...64_500 + UInt16(id), 65_535...65_535]
        }
        var warnings: [PolicyWarning] = []
        let time = ContinuousClock().measure { warnings = policy.lint(now: 0) }
        #expect(warnings.map(\.kind) == [.notCompared])
        #expect(time < .seconds(20))
        var few = policy
        few.rules.removeLast(412)
        #expect(few.lint(now: 0).isEmpty)
        few.rules.append(FirewallRule(id: 600, name: "r", action: .allow, transport: .tcp, ports: few.rules[7].ports))
        #expect(few.lint(now: 0).map(\.kind) == [.neverFits])
    }

    @Test("an answer that says too much is cut to what its reader takes")
    func longAnswers() throws {
        let long = String(repeating: "é", count: 1_500)
        let many = (0..<10_500).map { "change \($0)" }
        let check = ControlAnswer.check(CheckAnswer(refusals: [long, "a"], warnings: many, changes: [long]))
        guard case .check(let read) = try ControlAnswer(parsing: Array(check.line.utf8)) else {
            Issue.record("another answer")
            return
        }
        #expect(read.refusals == [String(repeating: "é", count: 998) + "…", "a"])
        #expect(read.warnings.count == 10_000 && read.warnings.last == "… and 501 more")
        let change = ControlAnswer.change(ChangeAnswer("s", changes: many, warnings: [long]))
        guard case .change(let read) = try ControlAnswer(parsing: Array(change.line.utf8)) else {
            Issue.record("another answer")
            return
        }
        #expect(read.changes.count == 10_000 && read.warnings.count == 1)
        let failure = ControlAnswer.failure(ControlFailure(.refused, "no", reasons: [long]))
        #expect(try ControlAnswer(parsing: Array(failure.line.utf8)).line == failure.line)
    }

    @Test("bans that end one after the other cost little each, however many there are")
    func manyEndings() {
        var book = BanBook()
        let count = 20_000
        func report(_ number: Int) -> BanOutcome {
            let time = Int64(number) * 6
            return book.report(
                Report(.alarm, [IPAddress(ipv4: 0x0100_0000 + UInt32(number))], isForgeable: true, weight: 10),
                BanTime(wall: time, steady: time))
        }
        let time = ContinuousClock().measure {
            for number in 0..<count + 2_000 { _ = report(number) }
        }
        #expect(time < .seconds(20))
        // Each lasts for 120 s, in which the next 20,000 come; none is counted over its time.
        let now = BanTime(wall: 0, steady: Int64(count + 2_000) * 6)
        #expect(book.active(now).count <= count)
        #expect(book.active(now).count >= count - 10)
    }
}
