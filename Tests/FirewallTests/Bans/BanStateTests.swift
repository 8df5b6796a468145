import Firewall
import JSONText
import Testing

@Suite("kept bans, and clocks that jump")
struct BanStateTests {
    private static let day = BanTrial.day

    /// Two hosts that are banned, and one that was.
    private func book() throws -> BanBook {
        var book = BanBook()
        _ = book.report(try BanTrial.report("192.0.2.1", weight: 10), BanTrial.at(-700_000))
        _ = book.report(try BanTrial.report("203.0.113.9", "2001:db8::1", weight: 10), BanTrial.at(0))
        _ = book.ban([try BanTrial.address("203.0.113.10")], for: 3_600_000, detail: "by hand", BanTrial.at(0))
        return book
    }

    private func left(_ book: BanBook, _ now: BanTime) -> [Int64] { book.active(now).map { $0.until - now.wall } }

    @Test("are the same after JSON")
    func roundTrip() throws {
        let state = try book().state(BanTrial.at(1_000), boot: "one")
        #expect(state.bans.count == 2 && state.offenders.count == 3)
        #expect(try BanState(json: JSONNode(parsing: state.json.compact)) == state)
    }

    @Test(
        "go on with the time that is left, over a restart of the daemon or of the machine", arguments: ["one", "two"])
    func restart(boot: String) throws {
        let state = try book().state(BanTrial.at(1_000), boot: "one")
        var next = BanBook()
        let now = boot == "one" ? BanTrial.at(61_000) : BanTime(wall: BanTrial.at(61_000).wall, steady: 5_000)
        next.restore(state, now, boot: boot)
        #expect(left(next, now) == [539_000, 3_539_000])
        #expect(next.active(now).map(\.targets) == state.bans.map(\.targets))
        // Offences are known as well.
        let later = BanTime(wall: now.wall + 600_000, steady: now.steady + 600_000)
        #expect(next.report(try BanTrial.report("192.0.2.1", weight: 10), later).ban?.offence == 2)
        #expect(next.report(try BanTrial.report("2001:db8::7", weight: 10), later).ban?.offence == 2)
    }

    @Test(
        "a clock that is set while the daemon runs frees nobody and keeps nobody longer",
        arguments: [-3_650 * day, 3_650 * day])
    func jumpWhileRunning(jump: Int64) throws {
        var book = try book()
        let after = BanTrial.at(60_000, clockAhead: jump)
        #expect(book.expire(after).isEmpty)
        #expect(left(book, after) == [540_000, 3_540_000])
        #expect(book.expire(BanTrial.at(600_000, clockAhead: jump)).count == 1)
        #expect(book.expire(BanTrial.at(3_600_000, clockAhead: -jump)).count == 1)
    }

    @Test(
        "a clock that is set while the daemon is away changes nothing, within one start of the machine",
        arguments: [-3_650 * day, 3_650 * day])
    func jumpWhileAway(jump: Int64) throws {
        let state = try book().state(BanTrial.at(1_000), boot: "one")
        var next = BanBook()
        let now = BanTrial.at(61_000, clockAhead: jump)
        next.restore(state, now, boot: "one")
        #expect(left(next, now) == [539_000, 3_539_000])
    }

    @Test("a machine that starts with a clock far behind keeps what was left, and no more")
    func clockOfNoBattery() throws {
        let state = try book().state(BanTrial.at(1_000), boot: "one")
        var next = BanBook()
        let now = BanTime(wall: 5_000, steady: 5_000)
        next.restore(state, now, boot: "two")
        #expect(left(next, now) == [599_000, 3_599_000])
    }

    @Test("bans out of a database last no longer than they were meant to")
    func withoutMoment() throws {
        let bans = try book().active(BanTrial.at(1_000))
        var next = BanBook()
        let behind = BanTime(wall: 5_000, steady: 5_000)
        next.restore(BanState(bans: bans), behind, boot: "two")
        #expect(left(next, behind) == [600_000, 3_600_000])
        var after = BanBook()
        let now = BanTime(wall: BanTrial.at(61_000).wall, steady: 5_000)
        after.restore(BanState(bans: bans), now, boot: "two")
        #expect(left(after, now) == [539_000, 3_539_000])
        let later = BanTime(wall: now.wall + 600_000, steady: now.steady + 600_000)
        #expect(after.report(try BanTrial.report("203.0.113.9", weight: 10), later).ban?.offence == 2)
    }

    @Test("of hosts that may not be banned any more are not taken up")
    func exempt() throws {
        let state = try book().state(BanTrial.at(1_000), boot: "one")
        var next = BanBook(exemptions: BanExemptions(own: [try BanTrial.address("203.0.113.10")]))
        next.restore(state, BanTrial.at(2_000), boot: "one")
        #expect(next.active(BanTrial.at(2_000)).count == 1)
    }

    @Test(
        "times at the end of all numbers are no harm",
        arguments: [Int64.min, 0, Int64.max], [Int64.min, 0, Int64.max])
    func extremes(since: Int64, until: Int64) throws {
        let ban = Ban(
            targets: [try BanTrial.prefix("203.0.113.9")], since: since, until: until, kind: .badCertificate,
            detail: "",
            offence: .max)
        for time in [nil, BanTime(wall: since, steady: until), BanTime(wall: until, steady: since)] {
            var book = BanBook()
            let offender = BanState.Offender(target: ban.targets[0], offences: .max, since: until)
            book.restore(
                BanState(time: time, boot: "one", bans: [ban], offenders: [offender]), BanTrial.at(0), boot: "one")
            for ban in book.active(BanTrial.at(0)) {
                #expect(ban.until - BanTrial.at(0).wall <= BanLimits.longestManual)
            }
            _ = book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(1))
            _ = book.state(BanTrial.at(2), boot: "one")
        }
    }

    @Test(
        "are not read unless they are whole",
        arguments: [
            "[]", "{}", #"{"version":2,"boot":"","bans":[],"offenders":[]}"#,
            #"{"version":1,"boot":"","bans":[],"offenders":[],"more":1}"#,
            #"{"version":1,"boot":"","bans":[{}],"offenders":[]}"#,
            #"{"version":1,"boot":"","bans":[{"targets":["1.2.3"],"since":1,"until":2,"kind":"manual","detail":"","offence":0}],"offenders":[]}"#,
            #"{"version":1,"boot":"","bans":[{"targets":["1.2.3.4"],"since":1,"until":2,"kind":"none","detail":"","offence":0}],"offenders":[]}"#,
            #"{"version":1,"boot":"","bans":[{"targets":["1.2.3.4"],"since":1.5,"until":2,"kind":"manual","detail":"","offence":0}],"offenders":[]}"#,
            #"{"version":1,"boot":"","bans":[],"offenders":[{"target":"1.2.3.4","offences":-1,"since":0}]}"#,
        ])
    func hostile(text: String) throws {
        let node = try JSONNode(parsing: text)
        #expect(throws: BanStateError.self) { _ = try BanState(json: node) }
    }
}
