import Audit
import Chat
import Testing

@Suite("asking the audit log")
struct QueryTests {
    /// 2026-11-21 14:03:22.042 UTC.
    private let now = Timestamp(milliseconds: 1_795_269_802_042)

    @Test(
        "takes times as people write them",
        arguments: [
            ("45s", "2026-11-21T14:02:37.042Z"), ("30m", "2026-11-21T13:33:22.042Z"),
            ("2h", "2026-11-21T12:03:22.042Z"), ("7d", "2026-11-14T14:03:22.042Z"),
            ("2w", "2026-11-07T14:03:22.042Z"), ("2026-11-21", "2026-11-21T00:00:00.000Z"),
            ("2026-11-21 14:03", "2026-11-21T14:03:00.000Z"), ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000Z"),
            ("2000-03-01", "2000-03-01T00:00:00.000Z"), ("1970-01-01", "1970-01-01T00:00:00.000Z"),
            ("14:03", "2026-11-21T14:03:00.000Z"), ("2026-11-21T14:03:22.042Z", "2026-11-21T14:03:22.042Z"),
            ("9999-12-31", "9999-12-31T00:00:00.000Z"),
        ])
    func times(typed: String, meant: String) throws {
        let time = try #require(AuditTime.parse(typed, now: now))
        #expect(AuditTime.precise(time) == meant)
    }

    @Test(
        "refuses times that are none",
        arguments: [
            "", "h", "-2h", "2x", "2.5h", "99999999999999999999d", "60000d", "2026-02-29", "2026-13-01", "2026-00-10",
            "2026-04-31", "24:00", "12:60", "12", "2026-11-21 14", "2026-11-21T14:03:22.04Z", "yesterday", "１h",
        ])
    func noTimes(typed: String) {
        #expect(AuditTime.parse(typed, now: now) == nil)
    }

    @Test("knows the calendar from 1970 to 9999")
    func calendar() {
        var days = 0
        for year in stride(from: 1970, through: 9999, by: 1) {
            let isLeap = (year.isMultiple(of: 4) && !year.isMultiple(of: 100)) || year.isMultiple(of: 400)
            let text = AuditTime.text(Timestamp(milliseconds: UInt64(days) * 86_400_000))
            #expect(text == "\(year)-01-01 00:00:00")
            #expect(AuditTime.parse("\(year)-01-01", now: now)?.milliseconds == UInt64(days) * 86_400_000)
            days += isLeap ? 366 : 365
        }
    }

    private func query(
        since: String? = nil, until: String? = nil, user: String? = nil, address: String? = nil, events: [String] = [],
        room: String? = nil
    ) throws -> AuditQuery {
        try AuditQuery(
            since: since, until: until, user: user, address: address, events: events, room: room, now: now)
    }

    @Test("finds by time, user, device, address, event and room")
    func filters() throws {
        let alice = try #require(PeerIdentity("alice/laptop"))
        let bob = try #require(PeerIdentity("bob/phone"))
        let event = AuditEvent(
            .committed, at: Timestamp(milliseconds: now.milliseconds - 60_000), who: alice, from: "192.0.2.7:50412",
            room: RoomID(high: 0x3F2A_0000_0000_0000, low: 1), sequence: 3, added: [bob])
        let yes: [AuditQuery] = [
            try query(), try query(since: "2m"), try query(until: "30s"), try query(user: "alice"),
            try query(user: "alice/laptop"), try query(user: "bob"), try query(user: "conclave:bob/phone"),
            try query(address: "192.0.2.7"), try query(address: "192.0.2.0/24"), try query(address: "0.0.0.0/0"),
            try query(events: ["commit"]), try query(events: ["left,commit"]), try query(room: "3F2a"),
            try query(since: "2m", until: "30s", user: "bob", address: "192.0.0.0/8", events: ["commit"], room: "3"),
        ]
        for query in yes { #expect(query.matches(event)) }
        let no: [AuditQuery] = [
            try query(since: "30s"), try query(until: "2m"), try query(user: "carol"), try query(user: "alice/phone"),
            try query(user: "bob/laptop"), try query(address: "192.0.2.8"), try query(address: "192.0.3.0/24"),
            try query(address: "::/0"), try query(events: ["left"]), try query(room: "3f2b"),
            try query(user: "alice", events: ["left"]),
        ]
        for query in no { #expect(!query.matches(event)) }
        let other = AuditEvent(
            .refused, at: now, from: "[2001:db8::5]:9", "zoe/pad's certificate was revoked; make another")
        #expect(try query(user: "zoe").matches(other))
        #expect(try query(user: "zoe/pad").matches(other))
        #expect(try !query(user: "zoe/pc").matches(other))
        #expect(try !query(user: "make").matches(other))
        #expect(try query(address: "2001:db8::/32").matches(other))
        #expect(try query(address: "2001:db8::5").matches(other))
        #expect(try !query(address: "2001:db9::/32").matches(other))
    }

    @Test("knows the time of a record without reading all of it")
    func recordTime() {
        let event = AuditEvent(.connected, at: now)
        var chain = AuditChain()
        let record = chain.append(event)
        #expect(record.time == now)
        #expect(AuditRecord(number: 1, event: [1, 0, 0], hash: .start).time == nil)
        #expect(AuditRecord(number: 1, event: [2] + event.encoded.dropFirst(), hash: .start).time == nil)
        var query = AuditQuery()
        query.since = Timestamp(milliseconds: now.milliseconds + 1)
        #expect(!query.matches(record))
        query.since = now
        #expect(query.matches(record))
        #expect(AuditQuery().matches(AuditRecord(number: 1, event: [9], hash: .start)))
        #expect(!query.matches(AuditRecord(number: 1, event: [9], hash: .start)))
    }

    @Test(
        "says what is wrong with a filter, and what would be right",
        arguments: [
            ("event", "comit", "--event comit is no event; did you mean commit?"),
            ("address", "192.0.2", "--address 192.0.2 is no address; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"),
            (
                "address", "1.2.3.4/33",
                "--address 1.2.3.4/33 is no address; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"
            ),
            ("user", "Al ice", "--user Al ice is no user; write alice, or alice/laptop for one device"),
            ("room", "#lab", "--room #lab is no room's id; write its first hexadecimal digits"),
        ])
    func errors(option: String, value: String, words: String) {
        let error = #expect(throws: AuditQueryError.self) {
            switch option {
            case "event": _ = try query(events: [value])
            case "address": _ = try query(address: value)
            case "user": _ = try query(user: value)
            default: _ = try query(room: value)
            }
        }
        #expect(error?.description == words)
    }
}
