import Firewall
import Testing

@Suite("a ban book, who is never banned, and what administrators do")
struct BanRefusalTests {
    private func book() throws -> BanBook {
        let facts = HostFacts(
            ownAddresses: [try BanTrial.address("198.51.100.2"), try BanTrial.address("2001:db8:aa::2")],
            gateways: [try BanTrial.address("198.51.100.1")], dnsServers: [try BanTrial.address("9.9.9.9")])
        let whitelist = [
            ListEntry(try BanTrial.prefix("203.0.113.0/28")),
            ListEntry(try BanTrial.prefix("203.0.113.64/28"), until: BanTrial.at(60_000).wall / 1_000),
        ]
        return BanBook(exemptions: BanExemptions(whitelist: whitelist, facts: facts))
    }

    @Test(
        "refuses hosts of the whitelist, this machine, gateway, name server, and what is no host",
        arguments: [
            "203.0.113.9", "203.0.113.70", "198.51.100.2", "2001:db8:aa::99", "198.51.100.1", "9.9.9.9", "127.0.0.1",
            "127.3.2.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "ff02::1", "fe80::1",
            "::ffff:127.0.0.1",
        ])
    func refusals(text: String) throws {
        var book = try book()
        let address = try BanTrial.address(text)
        for isForgeable in [false, true] {
            let report = Report(.badCertificate, [address], isForgeable: isForgeable, weight: 10)
            guard case .refused(let reason) = book.report(report, BanTrial.at(0)) else {
                Issue.record("\(text) was not refused")
                continue
            }
            #expect("\(reason)".contains("\(address)"))
        }
        guard case .refused = book.ban([address], for: 60_000, detail: "", BanTrial.at(0)) else {
            Issue.record("\(text) could be banned by hand")
            return
        }
        // One such address protects the whole host.
        let both = Report(
            .badCertificate, [try BanTrial.address("192.0.2.44"), address], isForgeable: false, weight: 10)
        #expect(book.report(both, BanTrial.at(0)).ban == nil)
        #expect(book.active(BanTrial.at(0)).isEmpty)
    }

    @Test("bans others, and those whose entry in the whitelist is over")
    func othersAreBanned() throws {
        var book = try book()
        for text in ["203.0.113.16", "198.51.100.3", "2001:db8:ab::2", "9.9.9.10"] {
            #expect(book.report(try BanTrial.report(text, weight: 10), BanTrial.at(0)).ban != nil)
        }
        #expect(book.report(try BanTrial.report("203.0.113.70", weight: 10), BanTrial.at(61_000)).ban != nil)
    }

    @Test("lifts the ban of who comes onto the whitelist")
    func whitelistedLater() throws {
        var book = BanBook()
        _ = book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(0))
        _ = book.report(try BanTrial.report("203.0.113.99", weight: 10), BanTrial.at(0))
        book.exemptions.whitelist = [ListEntry(try BanTrial.prefix("203.0.113.0/28"))]
        #expect(book.liftExempt(BanTrial.at(1)).map(\.targets) == [[try BanTrial.prefix("203.0.113.9")]])
        #expect(book.active(BanTrial.at(2)).map(\.targets) == [[try BanTrial.prefix("203.0.113.99")]])
    }

    @Test(
        "an administrator bans for any time, also a longer one over a shorter",
        arguments: [1_000, 31_536_000_000, Int64.max])
    func manual(length: Int64) throws {
        var book = BanBook()
        _ = book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(0))
        let ban = try #require(
            book.ban([try BanTrial.address("203.0.113.9")], for: length, detail: "seen by hand", BanTrial.at(1)).ban)
        #expect(ban.until - ban.since == min(length, BanLimits.longestManual))
        #expect(ban.kind == .manual && ban.offence == 0 && !ban.isForgeable)
        #expect(book.active(BanTrial.at(2)) == [ban])
        // Reports change nothing of it.
        #expect(book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(2)) == .standing(ban))
    }

    @Test("a ban by hand without a time is an offence as any other")
    func manualOffence() throws {
        var book = BanBook()
        let address = try BanTrial.address("203.0.113.9")
        #expect(book.ban([address], for: nil, detail: "", BanTrial.at(0)).ban?.offence == 1)
        let second = try #require(book.ban([address], for: nil, detail: "", BanTrial.at(1)).ban)
        #expect(second.offence == 2 && second.until - second.since == 1_200_000)
    }

    @Test("lifting a ban forgives, of the host alone")
    func unban() throws {
        var book = BanBook()
        _ = book.report(try BanTrial.report("203.0.113.9", "2001:db8::9", weight: 10), BanTrial.at(0))
        _ = book.report(try BanTrial.report("203.0.113.10", weight: 10), BanTrial.at(0))
        let lifted = book.unban(try BanTrial.prefix("2001:db8::1234"), BanTrial.at(1))
        #expect(lifted.map(\.targets) == [[try BanTrial.prefix("203.0.113.9"), try BanTrial.prefix("2001:db8::/64")]])
        #expect(book.unban(try BanTrial.prefix("2001:db8::1234"), BanTrial.at(2)).isEmpty)
        #expect(book.report(try BanTrial.report("203.0.113.9", weight: 10), BanTrial.at(3)).ban?.offence == 1)
        #expect(book.unban(try BanTrial.prefix("203.0.113.0/24"), BanTrial.at(4)).count == 2)
    }
}
