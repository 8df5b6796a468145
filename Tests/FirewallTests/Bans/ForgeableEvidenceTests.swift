import Firewall
import Testing

@Suite("a ban book, evidence that can be forged")
struct ForgeableEvidenceTests {
    private var book = BanBook()

    private func scan(_ address: String) throws -> Report {
        Report(alarm: "port_scan", [try BanTrial.address(address)], isForgeable: true, detail: "97 ports in 10 s")
    }

    @Test("earns two minutes, and never more")
    mutating func neverEscalates() throws {
        var time: Int64 = 0
        for _ in 0..<20 {
            let ban = try #require(book.report(try scan("203.0.113.9"), BanTrial.at(time)).ban)
            #expect(ban.until - ban.since == 2 * BanTrial.minute)
            #expect(ban.offence == 0 && ban.isForgeable)
            #expect(ban.detail == "port_scan: 97 ports in 10 s")
            time += 121_000
        }
        // After all of these the first proven offence is the first.
        #expect(book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(time)).ban?.offence == 1)
    }

    @Test("does not lengthen what stands, its own or a proven one")
    mutating func neverExtends() throws {
        let short = try #require(book.report(try scan("203.0.113.9"), BanTrial.at(0)).ban)
        #expect(book.report(try scan("203.0.113.9"), BanTrial.at(60_000)) == .standing(short))
        let long = try #require(book.report(try BanTrial.report("203.0.113.8", weight: 10), BanTrial.at(60_000)).ban)
        #expect(book.report(try scan("203.0.113.8"), BanTrial.at(60_000)) == .standing(long))
        // Nor does it say who belongs together.
        let linking = Report(
            .alarm, [try BanTrial.address("203.0.113.8"), try BanTrial.address("198.51.100.1")], isForgeable: true,
            weight: 10)
        #expect(book.report(linking, BanTrial.at(60_001)) == .standing(long))
        #expect(book.ban(of: try BanTrial.address("198.51.100.1"), BanTrial.at(60_002)) == nil)
    }

    @Test("counts nothing towards a proven ban")
    mutating func countedApart() throws {
        for _ in 0..<9 {
            let weak = Report(.alarm, [try BanTrial.address("203.0.113.9")], isForgeable: true, weight: 1)
            #expect(book.report(weak, BanTrial.at(0)).isStrike)
        }
        #expect(
            book.report(try BanTrial.report("203.0.113.9", weight: 1), BanTrial.at(0))
                == .strike(points: 1_000, needed: 10_000))
    }

    @Test("counts nothing against an address of a member, and a login lifts what it earned")
    mutating func members() throws {
        let ban = try #require(book.report(try scan("203.0.113.9"), BanTrial.at(0)).ban)
        let member = try BanTrial.address("203.0.113.9")
        #expect(book.authenticated([member], BanTrial.at(1_000)).lifted.map(\.targets) == [ban.targets])
        #expect(book.active(BanTrial.at(1_001)).isEmpty)
        #expect(book.report(try scan("203.0.113.9"), BanTrial.at(2_000)) == .refused(.trusted(member)))
        // What is proven still counts, and no login lifts it.
        for _ in 0..<2 { _ = book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(3_000)) }
        #expect(book.authenticated([member], BanTrial.at(3_001)).lifted.isEmpty)
        #expect(book.ban(of: member, BanTrial.at(3_002))?.offence == 1)
    }

    @Test("gives way to a proven ban")
    mutating func givesWay() throws {
        _ = book.report(try scan("203.0.113.9"), BanTrial.at(0))
        let ban = try #require(book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(1_000)).ban)
        #expect(ban.until - ban.since == 10 * BanTrial.minute)
        #expect(
            book.active(BanTrial.at(1_001)) == [book.ban(of: try BanTrial.address("203.0.113.9"), BanTrial.at(1_001))])
        #expect(book.expire(BanTrial.at(130_000)).isEmpty)
    }

    @Test("pushes out no strike that is proven, however many addresses are forged")
    mutating func forgedFlood() throws {
        var limits = BanLimits()
        limits.forgeableHosts = 64
        book = BanBook(limits: limits)
        _ = book.report(try BanTrial.report("203.0.113.9", weight: 9), BanTrial.at(0))
        for number in 0..<UInt32(5_000) {
            let forged = Report(.alarm, [IPAddress(ipv4: 0x0A00_0000 + number)], isForgeable: true, weight: 9)
            #expect(book.report(forged, BanTrial.at(1)).isStrike)
        }
        #expect(book.report(try BanTrial.report("203.0.113.9", weight: 1), BanTrial.at(2)).ban != nil)
    }

    @Test(
        "an attack's alarm bans at once, one about settings never by itself",
        arguments: [("port_scan", 10), ("heartbleed", 10), ("alert_burst", 5), ("new_talker", 1), ("no such alarm", 1)])
    func alarmWeights(name: String, weight: Int) throws {
        let report = Report(alarm: name, [try BanTrial.address("203.0.113.9")], isForgeable: false, detail: "")
        #expect(report.weight == weight)
        #expect(report.detail == name)
        #expect(report.kind == .alarm)
        #expect(Report.isOffence(alarm: name) == (weight > 1))
    }
}
