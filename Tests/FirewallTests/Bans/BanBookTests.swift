import Firewall
import Testing

/// Times and addresses that tests of bans share.
enum BanTrial {
    static let second: Int64 = 1_000
    static let minute: Int64 = 60_000
    static let day: Int64 = 86_400_000

    static func at(_ steady: Int64, clockAhead: Int64 = 0) -> BanTime {
        BanTime(wall: 1_790_000_000_000 + steady + clockAhead, steady: 1_000_000 + steady)
    }

    static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
    static func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }

    static func report(
        _ addresses: String..., kind: Report.Kind = .badCertificate, isForgeable: Bool = false, weight: Int = 2
    ) throws -> Report {
        Report(kind, try addresses.map(address), isForgeable: isForgeable, weight: weight, detail: "alert 42")
    }
}

extension BanOutcome {
    var ban: Ban? {
        guard case .banned(let ban) = self else { return nil }
        return ban
    }

    var isStrike: Bool {
        guard case .strike = self else { return false }
        return true
    }
}

@Suite("a ban book, evidence that is proven")
struct BanBookTests {
    private var book = BanBook()

    /// A misconfigured client tries five times at once, then every 30 s for an hour.
    @Test("a client that tries again with a bad certificate every 30 s is never banned")
    mutating func patientClient() throws {
        for attempt in 0..<5 {
            #expect(book.report(try BanTrial.report("203.0.113.9"), BanTrial.at(Int64(attempt) * 200)).isStrike)
        }
        for attempt in 2...120 {
            let outcome = book.report(try BanTrial.report("203.0.113.9"), BanTrial.at(Int64(attempt) * 30_000))
            #expect(outcome.isStrike)
        }
        #expect(book.active(BanTrial.at(3_600_000)).isEmpty)
    }

    @Test("one that hammers is banned at the sixth time, for ten minutes")
    mutating func hammering() throws {
        for attempt in 0..<5 {
            #expect(book.report(try BanTrial.report("203.0.113.9"), BanTrial.at(Int64(attempt) * 100)).isStrike)
        }
        let now = BanTrial.at(500)
        let ban = try #require(book.report(try BanTrial.report("203.0.113.9"), now).ban)
        #expect(ban.targets == [try BanTrial.prefix("203.0.113.9")])
        #expect(ban.until - ban.since == 10 * BanTrial.minute)
        #expect(ban.since == now.wall)
        #expect(ban.offence == 1)
        #expect(ban.kind == .badCertificate && ban.detail == "alert 42")
        #expect(book.ban(of: try BanTrial.address("203.0.113.9"), now) == ban)
        #expect(book.ban(of: try BanTrial.address("203.0.113.10"), now) == nil)
    }

    @Test("each ban lasts twice as long as the one before, and none longer than seven days")
    mutating func escalation() throws {
        var time: Int64 = 0
        var lengths: [Int64] = []
        for _ in 0..<14 {
            let ban = try #require(book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(time)).ban)
            lengths.append(ban.until - ban.since)
            time += ban.until - ban.since + BanTrial.second
        }
        #expect(lengths.prefix(4) == [600_000, 1_200_000, 2_400_000, 4_800_000])
        #expect(lengths.last == 7 * BanTrial.day)
        #expect(lengths == lengths.sorted())
    }

    @Test("offences are forgotten after thirty days without a ban, and not a day earlier", arguments: [29, 31])
    mutating func forgiveness(days: Int64) throws {
        var book = BanBook()
        let first = try #require(book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(0)).ban)
        let again = BanTrial.at(first.until - first.since + days * BanTrial.day)
        let second = try #require(book.report(try BanTrial.report("203.0.113.9", weight: 10), again).ban)
        #expect(second.offence == (days < 30 ? 2 : 1))
    }

    @Test("one ban covers all addresses of the host, IPv6 by 64 bits")
    mutating func allAddresses() throws {
        let report = try BanTrial.report("203.0.113.9", "2001:db8:1:2:3::4", "2001:db8:1:2:ffff::1", weight: 10)
        let ban = try #require(book.report(report, BanTrial.at(0)).ban)
        #expect(ban.targets == [try BanTrial.prefix("203.0.113.9"), try BanTrial.prefix("2001:db8:1:2::/64")])
        #expect(book.ban(of: try BanTrial.address("2001:db8:1:2::99"), BanTrial.at(1)) != nil)
        #expect(book.ban(of: try BanTrial.address("2001:db8:1:3::99"), BanTrial.at(1)) == nil)
        #expect(book.report(try BanTrial.report("2001:db8:1:2::77"), BanTrial.at(2)) == .standing(ban))
    }

    @Test("a later report that names another address of a banned host adds it, with the same end")
    mutating func linking() throws {
        let ban = try #require(book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(0)).ban)
        let longer = try #require(
            book.report(try BanTrial.report("203.0.113.9", "2001:db8::5", weight: 1), BanTrial.at(5_000)).ban)
        #expect(longer.targets.count == 2)
        #expect(longer.until == ban.until)
        #expect(longer.offence == 1)
        #expect(book.active(BanTrial.at(6_000)).count == 1)
        // The new address carries the offence, too.
        let later = BanTrial.at(11 * BanTrial.minute)
        #expect(book.report(try BanTrial.report("2001:db8::5", weight: 10), later).ban?.offence == 2)
    }

    @Test("an address from which somebody authenticated within a day needs twice the points")
    mutating func trust() throws {
        let member = try BanTrial.address("203.0.113.9")
        let admission = book.authenticated([member], BanTrial.at(0))
        #expect(admission.lifetime == BanTrial.day && admission.lifted.isEmpty)
        #expect(book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(1)).isStrike)
        #expect(book.report(try BanTrial.report("203.0.113.9", weight: 9), BanTrial.at(1)).isStrike)
        #expect(book.report(try BanTrial.report("203.0.113.9", weight: 1), BanTrial.at(1)).ban != nil)
        // A day later it is an address as any other.
        let later = BanTrial.at(BanTrial.day + 1)
        #expect(book.report(try BanTrial.report("203.0.113.9", weight: 10), later).ban != nil)
    }

    @Test("who authenticates clears the strikes of the address")
    mutating func clearing() throws {
        var time: Int64 = 0
        for _ in 0..<50 {
            for _ in 0..<4 {
                #expect(book.report(try BanTrial.report("203.0.113.9"), BanTrial.at(time)).isStrike)
                time += 100
            }
            _ = book.authenticated([try BanTrial.address("203.0.113.9")], BanTrial.at(time))
        }
    }

    @Test("weights out of range are brought into it")
    mutating func weights() throws {
        let huge = book.report(try BanTrial.report("203.0.113.9", weight: .max), BanTrial.at(0))
        #expect(huge.ban?.offence == 1)
        let none = book.report(try BanTrial.report("203.0.113.10", weight: .min), BanTrial.at(0))
        #expect(none == .strike(points: 1_000, needed: 10_000))
    }

    @Test("a report without an address bans nobody")
    mutating func nobody() {
        let report = Report(.badCertificate, [], isForgeable: false, weight: 10)
        #expect(book.report(report, BanTrial.at(0)) == .refused(.noAddress))
    }

    @Test("a ban ends when its time is over, and is told once")
    mutating func expiry() throws {
        let ban = try #require(book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(0)).ban)
        #expect(book.wait(BanTrial.at(0)) == 600_000)
        #expect(book.expire(BanTrial.at(599_999)).isEmpty)
        #expect(book.expire(BanTrial.at(600_000)) == [ban])
        #expect(book.expire(BanTrial.at(600_001)).isEmpty)
        #expect(book.wait(BanTrial.at(600_001)) == nil)
        #expect(book.active(BanTrial.at(600_001)).isEmpty)
    }

    @Test("details cannot write on a terminal")
    mutating func details() throws {
        let hostile = Report(
            .badCertificate, [try BanTrial.address("203.0.113.9")], isForgeable: false, weight: 10,
            detail: "a\u{1B}[2J\nb\u{202E}" + String(repeating: "x", count: 300))
        let ban = try #require(book.report(hostile, BanTrial.at(0)).ban)
        #expect(ban.detail.hasPrefix("a [2J b x"))
        #expect(ban.detail.count == 200)
    }
}
