import Audit
import Chat
import Foundation
import Testing

@Suite("the audit log as a table")
struct ColumnsTests {
    private var records: [AuditRecord] {
        get throws {
            var chain = AuditChain()
            let now = Timestamp(milliseconds: 1_795_269_802_042)
            let alice = try #require(PeerIdentity("alice/laptop"))
            let bob = try #require(PeerIdentity("bob/phone"))
            return [
                chain.append(AuditEvent(.started, at: now, "conclave-server 0.1.0")),
                chain.append(AuditEvent(.connected, at: now, who: alice, from: "192.0.2.7:50412", "TLS 1.3")),
                chain.append(
                    AuditEvent(
                        .committed, at: now, who: alice, room: RoomID(high: 0x3F2A_0000_0000_0000, low: 1), sequence: 3,
                        added: [bob])),
                chain.append(
                    AuditEvent(.refused, at: now, from: "203.0.113.9", count: 3_412, "the client sent no certificate")),
                chain.append(AuditEvent(.left, at: now, who: bob)),
            ]
        }
    }

    @Test("in a pipe has one line a record, however long, and no colours")
    func piped() throws {
        let records = try records
        let columns = AuditColumns(width: nil, colours: false, fitting: records)
        #expect(
            columns.header == "#  TIME (UTC)           EVENT           WHO           FROM             ROOM      WHAT")
        #expect(
            records.map(columns.lines) == [
                "1  2026-11-21 14:03:22  server-started                                           conclave-server 0.1.0",
                "2  2026-11-21 14:03:22  connected       alice/laptop  192.0.2.7:50412            TLS 1.3",
                "3  2026-11-21 14:03:22  commit          alice/laptop                   3f2a0000  entry 3 · added bob/phone",
                "4  2026-11-21 14:03:22  refused                       203.0.113.9                ×3412 · the client sent no certificate",
                "5  2026-11-21 14:03:22  left            bob/phone",
            ])
    }

    @Test("on a terminal is never wider than it, and loses nothing", arguments: [60, 72, 80, 100, 120, 200])
    func fits(width: Int) throws {
        let records = try records
        let columns = AuditColumns(width: width, colours: false, fitting: records)
        for record in records {
            let text = columns.lines(for: record)
            let words = AuditColumns(width: nil, colours: false, fitting: records).lines(for: record).split(
                separator: " ")
            #expect(text.split { $0 == " " || $0 == "\n" } == words)
            // What is narrower than the columns themselves lets the terminal wrap them.
            for line in text.split(separator: "\n") { #expect(line.count <= max(width, 79)) }
        }
    }

    @Test("that others follow is wide enough for most, and grows for those that need more")
    func follows() throws {
        let records = try records
        var columns = AuditColumns(width: nil, colours: false, fitting: [], isOpen: true)
        let header = columns.header
        let same = columns.fit(records)
        #expect(!same)
        #expect(columns.header == header)
        let long = try #require(PeerIdentity("somebody-with-a-long-name/device"))
        var chain = AuditChain(size: 99_999)
        let record = chain.append(AuditEvent(.connected, at: Timestamp(milliseconds: 0), who: long))
        let grown = columns.fit([record])
        #expect(grown)
        #expect(columns.header.count > header.count)
        let place = try #require(columns.header.range(of: "WHO")).lowerBound.utf16Offset(in: columns.header)
        for record in records.dropFirst(1).prefix(2) + [record] {
            #expect(columns.lines(for: record).dropFirst(place).first != " ")
        }
    }

    @Test("has colours for what is bad, when asked, and shows no control characters")
    func colours() throws {
        let records = try records
        let columns = AuditColumns(width: 120, colours: true, fitting: records)
        #expect(columns.lines(for: records[3]).contains("\u{1B}[1;31mrefused"))
        let plain = AuditColumns(width: 120, colours: false, fitting: records)
        #expect(!plain.lines(for: records[3]).contains("\u{1B}"))
    }

    @Test("as JSON is one object a line, with the chain when asked")
    func json() throws {
        let record = try records[2]
        #expect(
            AuditJSON.line(for: record)
                == #"{"added":["bob/phone"],"device":"laptop","kind":"commit","record":3,"room":"3f2a0000000000000000000000000001","#
                + #""sequence":3,"time":"2026-11-21T14:03:22.042Z","user":"alice"}"#)
        let whole = AuditJSON.line(for: record, isWhole: true)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(whole.utf8)) as? [String: Any])
        #expect(object["hash"] as? String == "\(record.hash)")
        #expect((object["event"] as? String).flatMap(Hexadecimal.bytes) == record.event)
    }

    @Test("shows a record of a later version as such")
    func later() throws {
        let record = AuditRecord(number: 9, event: [9, 9, 9], hash: .start)
        let columns = AuditColumns(width: nil, colours: false, fitting: [record])
        #expect(columns.lines(for: record).hasSuffix("of a later version of this program"))
        #expect(AuditJSON.line(for: record) == #"{"record":9}"#)
    }
}

@Suite("what is kept of the audit log")
struct RetentionTests {
    @Test("is bounded by records, with steps that take no time")
    func records() {
        let retention = AuditRetention(records: 100_000)
        #expect(retention.cut(first: 1, last: 100_000, expired: 0) == nil)
        #expect(retention.cut(first: 1, last: 100_001, expired: 0) == nil, "not one by one")
        #expect(retention.cut(first: 1, last: 106_250, expired: 0) == 6_250)
        #expect(retention.cut(first: 6_251, last: 106_250, expired: 0) == nil)
        #expect(retention.cut(first: 1, last: 900_000, expired: 0) == 10_000, "a step at a time")
        #expect(AuditRetention(records: 1).cut(first: 1, last: 1, expired: 1) == nil, "the last stays")
        #expect(AuditRetention(records: 0).cut(first: 5, last: 6, expired: 6) == 5)
    }

    @Test("is bounded by the time that servers have run, which nobody can set")
    func age() {
        let retention = AuditRetention(records: 100_000, age: 3_600)
        #expect(!retention.isExpired(1_000, at: 4_600))
        #expect(retention.isExpired(1_000, at: 4_601))
        #expect(!retention.isExpired(5_000, at: 4_601))
        #expect(retention.cut(first: 1, last: 500, expired: 120) == 120)
        #expect(retention.cut(first: 121, last: 500, expired: 120) == nil)
    }
}
