import Audit
import Chat
import Testing

@Suite("what comes in masses")
struct IntakeTests {
    private func refusal(_ address: String, _ time: UInt64 = 0) -> AuditEvent {
        AuditEvent(.refused, at: Timestamp(milliseconds: time), from: address, "no certificate")
    }

    @Test("is recorded twenty times in a minute for an address, and then counted")
    func storm() {
        var intake = AuditIntake()
        for number in 0..<10_000 { intake.note(refusal("192.0.2.7:\(number)"), uptime: UInt64(number)) }
        #expect(intake.take(uptime: 10_000).count == 20)
        intake.note(refusal("192.0.2.8:1"), uptime: 11_000)
        #expect(intake.take(uptime: 11_000).count == 1, "another address has its own")
        #expect(intake.take(uptime: 59_000).isEmpty)
        let rest = intake.take(uptime: 80_000)
        #expect(rest.map(\.count) == [9_980])
        #expect(rest.first?.address == "192.0.2.7")
        #expect(rest.first?.words == "more within a minute, only counted; the last: no certificate")
        intake.note(refusal("192.0.2.7:1"), uptime: 81_000)
        #expect(intake.take(uptime: 81_000).map(\.count) == [1], "a new minute")
    }

    @Test("goes on storming into the next minute without losing a count")
    func goesOn() {
        var intake = AuditIntake()
        var total: UInt64 = 0
        for second in 0..<600 {
            for _ in 0..<50 { intake.note(refusal("[2001:db8::\(second)]:9"), uptime: UInt64(second) * 1_000) }
            let taken = intake.take(uptime: UInt64(second) * 1_000)
            total += taken.reduce(0) { $0 + $1.count }
        }
        let last = intake.take(uptime: 600_000, isFinal: true)
        total += last.reduce(0) { $0 + $1.count }
        #expect(total == 30_000)
        #expect(last.first?.address == "2001:db8::/64", "one network, whatever address of it")
    }

    @Test("from very many addresses is held to a limit for all, and forgotten when it is over")
    func manyAddresses() {
        var intake = AuditIntake()
        for number in 0..<100_000 {
            intake.note(refusal("10.\(number / 65_536).\(number / 256 % 256).\(number % 256):1"), uptime: 5)
        }
        let taken = intake.take(uptime: 6)
        #expect(taken.count == 1_000)
        let rest = intake.take(uptime: 70_000)
        #expect(rest.map(\.count) == [99_000])
        #expect(rest.first?.address.isEmpty == true)
        #expect(
            rest.first?.words == "more within a minute, from many addresses, only counted; the last: no certificate")
        #expect(intake.take(uptime: 140_000).isEmpty)
    }

    @Test("does not keep the events of known devices out, nor those of the server")
    func others() throws {
        var intake = AuditIntake()
        for number in 0..<5_000 { intake.note(refusal("10.0.\(number / 256).\(number % 256):1"), uptime: 0) }
        _ = intake.take(uptime: 0)
        for number in 0..<2_000 {
            let who = try #require(PeerIdentity("u\(number)/d"))
            intake.note(AuditEvent(.connected, at: Timestamp(milliseconds: 0), who: who, from: "10.0.0.1:1"), uptime: 1)
        }
        for _ in 0..<100 { intake.note(AuditEvent(.reloaded, at: Timestamp(milliseconds: 0)), uptime: 1) }
        #expect(intake.take(uptime: 2).count == 2_100)
    }

    @Test("does not hide another reason of the same address, of which there are not very many either")
    func reasons() {
        var intake = AuditIntake()
        for number in 0..<1_000 { intake.note(refusal("192.0.2.7:\(number)"), uptime: 0) }
        for number in 0..<1_000 {
            intake.note(
                AuditEvent(.refused, at: Timestamp(milliseconds: 0), from: "192.0.2.7:1", "reason \(number)"), uptime: 0
            )
        }
        let taken = intake.take(uptime: 1)
        #expect(taken.count == 20 + 15)
        #expect(taken.last?.words == "reason 14")
        #expect(intake.take(uptime: 2, isFinal: true).map(\.count) == [1_965])
    }

    @Test("is told before what came last, when all ends")
    func order() {
        var intake = AuditIntake()
        for number in 0..<100 { intake.note(refusal("192.0.2.7:\(number)"), uptime: 0) }
        _ = intake.take(uptime: 1)
        intake.note(AuditEvent(.stopped, at: Timestamp(milliseconds: 9)), uptime: 2)
        #expect(intake.take(uptime: 3, isFinal: true).map(\.kind) == [.refused, .stopped])
    }

    @Test("of one device is counted under its name")
    func device() throws {
        var intake = AuditIntake()
        let alice = try #require(PeerIdentity("alice/laptop"))
        for number in 0..<100 {
            intake.note(
                AuditEvent(.connected, at: Timestamp(milliseconds: 0), who: alice, from: "10.0.0.\(number):1"),
                uptime: 0)
        }
        #expect(intake.take(uptime: 1).count == 60)
        let rest = intake.take(uptime: 60_001)
        #expect(rest.map(\.count) == [40])
        #expect(rest.first?.who == "alice/laptop")
    }
}
