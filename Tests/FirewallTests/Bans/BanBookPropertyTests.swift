import Firewall
import Testing

/// The same numbers in every run (SplitMix64).
private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

@Suite("a ban book, whatever happens")
struct BanBookPropertyTests {
    /// What must hold after each step, whatever the steps were.
    @Test("keeps its promises over thousands of steps in any order", arguments: 1...12)
    func promises(seed: Int) throws {
        var numbers = SeededNumbers(state: UInt64(seed))
        var limits = BanLimits()
        limits.hosts = 24
        limits.forgeableHosts = 8
        let exempt = IPAddress(ipv4: 0xCB00_7105)
        var book = BanBook(
            limits: limits, exemptions: BanExemptions(whitelist: [ListEntry(IPPrefix(exempt))]))
        var time: Int64 = 0
        var ends: [IPPrefix: Int64] = [:]
        for _ in 0..<3_000 {
            time += Int64.random(in: 0...90_000, using: &numbers)
            if Int.random(in: 0..<200, using: &numbers) == 0 { time += 40 * BanTrial.day }
            // The wall's clock does what it likes.
            let now = BanTrial.at(time, clockAhead: Int64.random(in: -1 << 40...1 << 40, using: &numbers))
            step(&book, now, &numbers)
            if Int.random(in: 0..<50, using: &numbers) == 0 {
                let kept = book.state(now, boot: "same")
                let before = book.active(now)
                book = BanBook(limits: limits, exemptions: book.exemptions)
                book.restore(kept, now, boot: "same")
                #expect(book.active(now) == before)
            }
            check(book, now, exempt, limits, &ends)
        }
    }

    private func step(_ book: inout BanBook, _ now: BanTime, _ numbers: inout SeededNumbers) {
        let addresses = (0..<Int.random(in: 1...3, using: &numbers)).map { _ in
            Bool.random(using: &numbers)
                ? IPAddress(ipv4: 0xCB00_7100 + UInt32.random(in: 0..<40, using: &numbers))
                : IPAddress(ipv6: 0x2001_0DB8 << 96 | UInt128(UInt64.random(in: 0..<20, using: &numbers)) << 64 | 1)
        }
        switch Int.random(in: 0..<20, using: &numbers) {
        case 0: _ = book.authenticated(addresses, now)
        case 1: _ = book.unban(IPPrefix(addresses[0]), now)
        case 2:
            _ = book.ban(addresses, for: Int64.random(in: 1...BanTrial.day, using: &numbers), detail: "", now)
        case 3: _ = book.expire(now)
        case let choice:
            let isForgeable = choice < 10
            let report = Report(
                isForgeable ? .alarm : .badCertificate, addresses, isForgeable: isForgeable,
                weight: Int.random(in: 1...10, using: &numbers))
            let before = book.active(now).filter { $0.offence > 0 }
            if case .banned(let ban) = book.report(report, now) {
                #expect(!addresses.contains { $0 == IPAddress(ipv4: 0xCB00_7105) })
                if isForgeable {
                    #expect(ban.until - now.wall <= 120_000 && ban.offence == 0)
                    // What is proven stands as it stood.
                    let after = book.active(now).filter { $0.offence > 0 }
                    #expect(after.count <= before.count && after.allSatisfy { before.contains($0) })
                }
            }
        }
    }

    private func check(
        _ book: BanBook, _ now: BanTime, _ exempt: IPAddress, _ limits: BanLimits, _ ends: inout [IPPrefix: Int64]
    ) {
        let active = book.active(now)
        #expect(active.count <= limits.hosts)
        var seen = Set<IPPrefix>()
        for ban in active {
            #expect(!ban.targets.isEmpty && ban.targets.count <= BanLimits.targetsOfHost)
            #expect(ban.until > now.wall && ban.since <= now.wall)
            #expect(ban.until - ban.since <= max(limits.longest, BanTrial.day))
            if ban.isForgeable { #expect(ban.until - ban.since == 120_000) }
            if ban.offence > 0 { #expect(ban.until - ban.since == limits.length(ofOffence: ban.offence)) }
            for target in ban.targets {
                // Nobody is in two bans.
                #expect(seen.insert(target).inserted)
                #expect(!target.contains(exempt))
                #expect(book.ban(of: target.first, now) == ban)
            }
        }
    }

    @Test("many that did little do not push out one that did much")
    func eviction() throws {
        var limits = BanLimits()
        limits.hosts = 256
        var book = BanBook(limits: limits)
        let offender = IPAddress(ipv4: 0xCB00_7109)
        _ = book.report(Report(.badCertificate, [offender], isForgeable: false, weight: 8), BanTrial.at(0))
        for number in 0..<UInt64(20_000) {
            let address = IPAddress(ipv6: 0x2001_0DB8 << 96 | UInt128(number) << 64 | 1)
            _ = book.report(
                Report(.noCertificate, [address], isForgeable: false, weight: 2), BanTrial.at(Int64(number / 100)))
        }
        let last = Report(.badCertificate, [offender], isForgeable: false, weight: 3)
        #expect(book.report(last, BanTrial.at(300)).ban != nil)
    }

    @Test(
        "a full book of bans forgets those that could be forged and those that end first, and an administrator's last")
    func fullBook() {
        var limits = BanLimits()
        limits.hosts = 64
        limits.forgeableHosts = 1_000
        var book = BanBook(limits: limits)
        func address(_ number: Int) -> IPAddress { IPAddress(ipv4: 0x0A00_0000 + UInt32(number)) }
        _ = book.ban([address(0)], for: 1_000, detail: "", BanTrial.at(0))
        for number in 1..<500 {
            _ = book.report(
                Report(.alarm, [address(number)], isForgeable: number % 2 == 0, weight: 10), BanTrial.at(Int64(number)))
        }
        let active = book.active(BanTrial.at(500))
        #expect(active.count <= 64 && active.count >= 48)
        #expect(active.contains { $0.kind == .manual })
        #expect(book.ban(of: address(499), BanTrial.at(500)) != nil)
    }

    @Test("65,536 hosts with strikes fit into a few mebibytes, and a report stays quick")
    func full() {
        var book = BanBook()
        let clock = ContinuousClock()
        let time = clock.measure {
            for number in 0..<100_000 {
                let address = IPAddress(ipv4: 0x0B00_0000 + UInt32(number))
                _ = book.report(
                    Report(.noCertificate, [address], isForgeable: false, weight: 1), BanTrial.at(Int64(number / 100)))
            }
        }
        // A debug build on a busy machine: 50 µs each would be 10 s.
        #expect(time < .seconds(30))
    }
}
