import TLSMonitor
import Terminal
import Testing

@testable import MonitorViews

@Suite("The live table")
struct LiveTableTests {
    private func table(_ names: [String] = ["one.test", "two.test", "three.test"], closing: Bool = false) -> LiveTable {
        var table = LiveTable(LiveTable.Status(interface: "lo", filter: "tcp port 8443"))
        let monitor = TrafficMonitor(reportsRecords: true)
        for (index, name) in names.enumerated() {
            var traffic = Traffic(port: UInt16(50_000 + index), monitor: monitor, packets: 100 * index)
            traffic.talk(name: Array(name.utf8))
            // So that their sizes differ.
            for seed in 0..<index { traffic.send(.clientToServer, Traffic.ciphertext(400, seed: UInt64(10 + seed))) }
            if closing { traffic.close() }
            table.take(traffic.events())
        }
        if closing {
            _ = monitor.finish()
            table.take(monitor.takeEvents())
        }
        return table
    }

    private func text(_ table: LiveTable, _ columns: Int = 80, _ rows: Int = 24) -> [String] {
        var table = table
        return table.frame(columns: columns, rows: rows).map(\.plain)
    }

    private func press(_ keys: Key..., on table: inout LiveTable) {
        for key in keys { _ = table.press(key) }
    }

    @Test("lists connections, the newest first, with their state")
    func list() throws {
        let rows = text(table())
        #expect(rows[0].hasPrefix("tlsmon on lo  tcp port 8443"))
        #expect(rows[1].contains("0 lost"))
        #expect(rows[1].contains("3 of 3 flows open"))
        #expect(rows[2].contains("client → server"))
        #expect(rows[3].contains("three.test") && rows[3].contains("1.3") && rows[3].contains("established"))
        #expect(rows[5].contains("one.test"))
        #expect(rows.contains { $0.hasPrefix("── latest ") })
        #expect(rows.last?.contains("Enter open") == true)
    }

    @Test(
        "every row fits, whatever the size",
        arguments: [(1, 1), (5, 3), (20, 5), (40, 10), (80, 24), (79, 15), (132, 43), (400, 100)])
    func sizes(columns: Int, rows: Int) {
        var table = table(["日本語.test", "\u{1B}[2J", String(repeating: "x", count: 200)])
        for page in [LiveTable.Page.flows, .flow(1, back: 0), .flow(99, back: 3), .help] {
            table.page = page
            let frame = table.frame(columns: columns, rows: rows)
            #expect(frame.count == rows)
            #expect(frame.allSatisfy { CharacterWidth.of($0.plain) <= columns }, "\(page)")
            #expect(!frame.contains { $0.plain.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x9B } })
        }
        #expect(table.frame(columns: 0, rows: 0).isEmpty)
    }

    @Test("at 80 columns it says who talks with whom, and for what name")
    func narrow() {
        let row = text(table())[3]
        #expect(row.contains("192.0.2.2:8443") && row.contains("three.test"))
        let wide = text(table(), 160, 40)[3]
        #expect(wide.contains("192.0.2.1:50002 → 192.0.2.2:8443"))
        #expect(wide.contains("AES_256_GCM_S") && wide.contains("X25519"))
    }

    @Test("the selection stays with its connection, however the list is sorted")
    func selection() {
        var table = table()
        press(.down, .down, on: &table)
        #expect(table.selected == 2)
        press(.character("r"), on: &table)
        #expect(table.selected == 2)
        press(.character("s"), on: &table)
        #expect(table.order == .bytes)
        #expect(table.listed.map(\.number) == [1, 2, 3])
        press(.character("r"), on: &table)
        #expect(table.listed.map(\.number) == [3, 2, 1])
        press(.end, on: &table)
        #expect(table.selected == 1)
        press(.character("k"), .home, .character("j"), on: &table)
        #expect(table.selected == 2)
    }

    @Test("all orders come round, and each sorts")
    func orders() {
        var table = table()
        var seen: [LiveTable.Order] = []
        for _ in LiveTable.Order.allCases {
            seen.append(table.order)
            #expect(table.listed.count == 3)
            press(.character("s"), on: &table)
        }
        #expect(Set(seen) == Set(LiveTable.Order.allCases) && table.order == .start)
    }

    @Test("Enter opens a connection: its records with classes by shape, its fingerprints; Esc goes back")
    func detail() throws {
        var table = table()
        press(.down, .enter, on: &table)
        #expect(table.page == .flow(3, back: 0))
        let rows = text(table, 120, 40)
        #expect(rows[2].contains("192.0.2.1:50002 → 192.0.2.2:8443") && rows[2].contains("established after"))
        #expect(rows.contains { $0.contains("JA4") && $0.contains("t13d0206h2_") })
        #expect(rows.contains { $0.contains("> ◆ ClientHello  174 B") })
        #expect(rows.contains { $0.contains("< ◇ ChangeCipherSpec") })
        #expect(rows.contains { $0.contains("< ■ encrypted  700 B") })
        #expect(rows.contains { $0.contains("◆ 2 handshake") })
        press(.escape, on: &table)
        #expect(table.page == .flows && table.selected == 3)
    }

    @Test("in a connection older records can be scrolled to, and no further")
    func scrolling() {
        var table = table()
        press(.enter, on: &table)
        #expect(text(table, 80, 14).contains { $0.contains("the newest last") })
        press(.home, on: &table)
        let rows = { table.frame(columns: 80, rows: 14).map(\.plain) }()
        #expect(rows.contains { $0.contains("ClientHello") })
        #expect(rows.contains { $0.contains("newer below") })
        guard case .flow(_, let back) = table.page else { return #expect(Bool(false)) }
        #expect(back < 64)
        press(.end, on: &table)
        #expect(table.page == .flow(3, back: 0))
    }

    @Test("a filter shows what has its words, as it is typed; Esc shows all")
    func filter() {
        var table = table()
        press(.character("/"), on: &table)
        for letter in "TWO" { press(.character(letter), on: &table) }
        #expect(table.listed.map(\.number) == [2])
        #expect(text(table).last?.hasPrefix("/TWO") == true)
        press(.character("q"), on: &table)
        #expect(table.listed.isEmpty)
        #expect(text(table).contains { $0.contains("no connection has \"twoq\" in it") })
        press(.backspace, .enter, on: &table)
        #expect(text(table).last?.contains("filter: two") == true)
        press(.escape, on: &table)
        #expect(table.listed.count == 3)
    }

    @Test("a pause lets the screen stand still while the capture goes on")
    func pause() {
        var table = table()
        table.status.packets = 10
        press(.character("p"), on: &table)
        let monitor = TrafficMonitor(reportsRecords: true)
        var other = Traffic(port: 50_100, monitor: monitor)
        other.talk(name: Array("late.test".utf8))
        table.take(
            other.events().map { event in
                guard case .opened(var flow) = event else { return event }
                flow.number = 4
                return .opened(flow)
            })
        table.status.packets = 27
        table.status.drops = [.init(place: "kernel", count: 5)]
        let rows = text(table)
        #expect(!rows.contains { $0.contains("late.test") } && rows[1].contains("3 of 3 flows"))
        #expect(rows[0].contains("PAUSED, 17 packets since"))
        #expect(rows[1].contains("LOST 5 kernel"), "what is lost is told all the same")
        press(.character("p"), on: &table)
        #expect(text(table)[1].contains("27 packets"))
        #expect(text(table)[1].contains("4 of 4 flows") || text(table)[1].contains("3 of 4 flows"))
    }

    @Test("connections that ended are left out when asked")
    func clearing() {
        var table = table(closing: true)
        #expect(text(table)[1].contains("0 of 3 flows open"))
        #expect(text(table)[3].contains("closed"))
        press(.character("c"), on: &table)
        #expect(table.listed.isEmpty)
        var open = self.table()
        press(.character("c"), on: &open)
        #expect(open.listed.count == 3)
    }

    @Test("what is no TLS is told, and counted")
    func violation() {
        var table = LiveTable(LiveTable.Status(interface: "lo", filter: ""))
        var traffic = Traffic()
        traffic.send(.clientToServer, Array("GET / HTTP/1.1\r\n\r\n".utf8))
        table.take(traffic.events())
        let rows = text(table)
        #expect(rows[1].contains("1 violation"))
        #expect(rows[3].contains("not TLS") && rows[3].hasSuffix("1 "))
        #expect(rows.contains { $0.contains("#1 what the client sends is not TLS: GET / HTTP/1.1") })
    }

    @Test("an alarm is counted, and stands among the latest")
    func alarm() {
        var table = table()
        table.take([
            .alarm(
                Alarm(
                    kind: .weakSuite, severity: .high, time: 0, packet: 1, words: "RC4 was chosen", flow: 2,
                    isForgeable: false))
        ])
        let rows = text(table)
        #expect(rows[1].contains("1 alarm"))
        #expect(rows.contains { $0.contains("#2 high alarm weak_suite: RC4 was chosen") })
        for _ in 0..<4 { press(.character("s"), on: &table) }
        #expect(table.order == .alarms && table.listed.first?.number == 2)
    }

    @Test("memory is bounded: the oldest of what ended goes first")
    func bounds() {
        var table = LiveTable(LiveTable.Status(interface: "lo", filter: ""))
        let monitor = TrafficMonitor(reportsRecords: true)
        for index in 0..<1_500 {
            var traffic = Traffic(port: UInt16(10_000 + index), monitor: monitor, packets: index * 4)
            traffic.send(.clientToServer, Traffic.clientHello())
            table.take(traffic.events())
        }
        #expect(table.flows.flows.count <= LiveFlows.mostFlows)
        #expect(table.flows.flows[1_500] != nil && table.flows.flows[1] == nil)
        #expect(table.flows.opened == 1_500)
        #expect(table.flows.latest.count <= 400)
        var traffic = Traffic(port: 9, monitor: monitor, packets: 9_000)
        traffic.talk()
        for seed in 0..<500 { traffic.send(.clientToServer, Traffic.ciphertext(40, seed: UInt64(seed))) }
        table.take(traffic.events())
        #expect(table.flows.flows[1_501]?.recent.count ?? 0 <= 2 * LiveFlow.mostRecords)
        #expect(table.flows.flows[1_501]?.records == 508)
    }

    @Test("rates follow the clock")
    func rates() throws {
        var table = table()
        table.tick(100)
        table.status.packets = 1_000
        table.tick(102)
        #expect(table.packetRate == 500)
        let rate = try #require(table.flows.flows[3]?.rate)
        #expect(rate > 0)
        for second in 103..<140 { table.tick(Double(second)) }
        #expect(table.packetRate == 0 && table.flows.flows[3]?.rate == 0)
        #expect(text(table)[0].hasSuffix("00:00:39"))
    }

    @Test("keys ask the shell for what only it can do")
    func requests() {
        var table = table()
        #expect(table.press(.character("q")) == .quit)
        #expect(table.press(.control("c")) == .quit)
        #expect(table.press(.control("z")) == .suspend)
        #expect(table.press(.control("l")) == .redraw)
        #expect(table.press(.character("/")) == nil && table.press(.character("q")) == nil, "typed, not pressed")
        #expect(table.press(.control("c")) == .quit)
    }

    @Test("help lists the keys, and goes away")
    func help() {
        var table = table()
        press(.character("?"), on: &table)
        #expect(text(table).contains { $0.contains("stand still") })
        #expect(text(table).allSatisfy { !$0.contains("…") }, "it fits in 80 columns")
        press(.escape, on: &table)
        #expect(table.page == .flows)
    }

    @Test("any keys at any size do not trap")
    func anyKeys() {
        var table = table()
        let keys: [Key] = [
            .up, .down, .enter, .escape, .character("s"), .character("r"), .character("c"), .character("p"),
            .character("/"), .character("日"), .backspace, .home, .end, .pageUp, .pageDown, .character("?"),
            .paste("a\u{1B}b"), .left, .right, .control("u"),
        ]
        var state: UInt64 = 7
        for _ in 0..<3_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            _ = table.press(keys[Int(state >> 33) % keys.count])
            let frame = table.frame(columns: Int(state >> 50) % 100 + 1, rows: Int(state >> 40) % 30 + 1)
            #expect(!frame.isEmpty)
        }
    }
}

@Suite("Rows of the screen")
struct StyledLineTests {
    @Test("colours are left out on request, and what they said is said by words")
    func colours() {
        let line = StyledLine("a", .bad)
        #expect(line.rendered(hasColours: true) == "\u{1B}[1;31ma\u{1B}[0m")
        #expect(line.rendered(hasColours: false) == "\u{1B}[1ma\u{1B}[0m")
        #expect(StyledLine("a", .clear).rendered(hasColours: false) == "a")
    }

    @Test("text from the wire does nothing to the terminal")
    func harmless() {
        #expect(StyledLine("a\u{1B}[2J\u{202E}b\u{9B}").plain == "a·[2J·b·")
        #expect(StyledLine("e" + String(repeating: "\u{301}", count: 50)).plain == "·")
        #expect(StyledLine("日é").plain == "日é")
    }

    @Test("cutting never splits a wide character")
    func cutting() {
        #expect(Clip.end("日本語", to: 4) == "日…")
        #expect(Clip.end("日本語", to: 6) == "日本語")
        #expect(Clip.end("abc", to: 0) == "")
        #expect(Clip.middle("192.0.2.1:50000", to: 10) == "192.…50000")
        for width in 0..<20 { #expect(CharacterWidth.of(Clip.middle("日本語abc日本語", to: width)) <= width) }
    }

    @Test("numbers stay short")
    func numbers() {
        #expect(
            [0, 999, 1_000, 12_345, 99_999, 100_000, 999_999, 4_500_000, 7_000_000_000].map(\.compact)
                == ["0", "999", "1.0k", "12.3k", "99.9k", "100k", "999k", "4.5M", "7.0G"])
        #expect(Int.max.compact.count <= 9)
    }
}
