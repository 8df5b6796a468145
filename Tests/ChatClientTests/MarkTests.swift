import Chat
import ChatServer
import ChatWire
import Crypto
import TLSSyntax
import Testing

@testable import ChatClient

@Suite("marks: the server is told how far this device has come")
struct MarkTests {
    /// The places that a device has marked, in order.
    private static func marks(of device: Device) -> [UInt64] {
        device.sent.compactMap { if case .mark(_, _, let place) = $0 { place } else { nil } }
    }

    private static func scene(markAfter: UInt64 = 5_000, _ names: String...) throws -> (World, [Device]) {
        let world = World()
        var settings = World.quiet
        settings.markAfter = markAfter
        let devices = try names.map { try world.device($0, settings: settings) }
        for device in devices { try device.type("/join #lab") }
        world.pass(10_000)
        return (world, devices)
    }

    @Test("some seconds after news, once for all of it, with the latest place; and never without news")
    func isCoalesced() throws {
        let (world, devices) = try Self.scene("alice/laptop", "bob/laptop")
        let (alice, bob) = (devices[0], devices[1])
        let before = Self.marks(of: bob).count
        for number in 0..<40 {
            try alice.type("\(number)")
            world.pass(100)
        }
        #expect(Self.marks(of: bob).count == before, "four seconds are not over")
        world.pass(2_000)
        let room = try bob.room("#lab")
        #expect(Array(Self.marks(of: bob).dropFirst(before)) == [room.cursor.sequence])
        let all = devices.map { Self.marks(of: $0).count }
        world.pass(300_000)
        #expect(devices.map { Self.marks(of: $0).count } == all)
        #expect(room.marks.confirmed == room.cursor.sequence)
        #expect(world.cluster.stored.count(of: .cursors) == 2)
    }

    @Test("at most one in so many seconds, however much is said")
    func isSeldom() throws {
        let (world, devices) = try Self.scene("alice/laptop", "bob/laptop")
        let before = Self.marks(of: devices[1]).count
        for number in 0..<120 {
            try devices[0].type("\(number)")
            world.pass(500)
        }
        #expect((6...12).contains(Self.marks(of: devices[1]).count - before))
    }

    @Test("only once what was taken is on the disk, and what was confirmed outlives the program")
    func isStoredFirst() throws {
        let (world, devices) = try Self.scene("alice/laptop", "bob/laptop")
        let bob = devices[1]
        try devices[0].type("hello")
        world.pass(7_000)
        let place = try #require(Self.marks(of: bob).last)
        #expect(try bob.room("#lab").marks.confirmed == place)
        try bob.restart()
        #expect(try bob.room("#lab").cursor.sequence >= place)
        #expect(try bob.room("#lab").marks.confirmed == place)
        let count = Self.marks(of: bob).count
        world.pass(30_000)
        #expect(Self.marks(of: bob).count == count, "the server knows it already")
    }

    @Test("at once when the program ends, in front of the end, and the end does not wait for the answer")
    func isToldAtTheEnd() throws {
        let (world, devices) = try Self.scene("alice/laptop", "bob/laptop")
        let bob = devices[1]
        try devices[0].type("hello")
        let place = try bob.room("#lab").cursor.sequence
        #expect(Self.marks(of: bob).last != place)
        bob.change { $0.finishWhenDone() }
        #expect(bob.end == .quit)
        #expect(Self.marks(of: bob).last == place)
        guard case .mark = bob.sent.last else {
            Issue.record("\(String(describing: bob.sent.last)) came after it")
            return
        }
        world.pass(2_000)
        try bob.restart()
        #expect(try bob.room("#lab").marks.confirmed == place, "the server says so as the device enters")
        #expect(try bob.findings(of: "#lab") == [])
    }

    @Test("that are refused for now are said again later; any other refusal is no harm")
    func isRefused() throws {
        let (world, devices) = try Self.scene("alice/laptop", "bob/laptop")
        let bob = devices[1]
        for canRetry in [true, false] {
            var refused = 0
            world.tamper = { frame, device in
                guard device === bob, case .done(let id) = frame else { return [frame] }
                refused += 1
                return [.failed(id, Failure(.refused, canRetry: canRetry, "not now"))]
            }
            try devices[0].type("hello")
            world.pass(30_000)
            #expect(refused > 0)
            world.tamper = nil
            world.pass(10_000)
            let room = try bob.room("#lab")
            #expect((room.marks.confirmed == room.cursor.sequence) == canRetry)
        }
        #expect(bob.failures == [])
        #expect(try bob.findings(of: "#lab") == [])
    }

    @Test("are kept in a record that is read back, or refused if it is damaged")
    func record() throws {
        for place in [0, 1, SenderCounter.maximum - 1] as [UInt64] {
            var marks = Marks()
            marks.confirmed = place
            let bytes = marks.encoded
            #expect(try SyntaxReader.read(bytes) { (reader) throws(SyntaxError) in try Marks(from: &reader) } == marks)
            for length in 0..<bytes.count { Self.expectRefused(Array(bytes.prefix(length))) }
            Self.expectRefused(bytes + [0])
            Self.expectRefused([2] + bytes.dropFirst())
        }
        Self.expectRefused([1] + [UInt8](repeating: 0xFF, count: 8))
        Self.expectRefused([1, 0x40] + [UInt8](repeating: 0, count: 7))
    }

    private static func expectRefused(_ bytes: [UInt8]) {
        #expect(throws: SyntaxError.self, "\(bytes)") {
            try SyntaxReader.read(bytes) { (reader) throws(SyntaxError) in try Marks(from: &reader) }
        }
    }

    @Test("a store with a damaged record is not opened")
    func damagedStore() throws {
        let (_, devices) = try Self.scene("alice/laptop")
        let alice = devices[0]
        let room = try alice.room("#lab")
        #expect(room.marks.confirmed > 0)
        try alice.store.write([RecordWrite(.marks, room.id.bytes, SymmetricKey(data: [9, 9]))])
        #expect(throws: StoreError.self) { try alice.restart() }
    }
}

@Suite("a server that was set back")
struct SetBackTests {
    /// Alice, bob and carol talk; the server is copied, the talk goes on without carol, and then the server is the copy again, with
    /// which carol goes on further than bob has come.
    private static func scene(isSetBack: Bool) throws -> (World, bob: Device) {
        let world = World()
        let devices = try ["alice/laptop", "bob/laptop", "carol/laptop"].map { try world.device($0) }
        for device in devices { try device.type("/join #lab") }
        world.pass(8_000)
        devices[2].cut()
        let copy = world.cluster.stored
        for text in ["one", "two", "three"] { try devices[0].type(text) }
        world.pass(8_000)
        for device in devices.prefix(2) { device.cut() }
        if isSetBack { try world.putBack(copy) }
        devices[2].reconnect()
        world.pass(2_000)
        for text in ["four", "five", "six", "seven"] { try devices[2].type(text) }
        world.pass(2_000)
        return (world, devices[1])
    }

    @Test("is found by what it has forgotten of this device, though its log is longer; an honest one is not")
    func isFound() throws {
        for isSetBack in [true, false] {
            let (world, bob) = try Self.scene(isSetBack: isSetBack)
            let room = try bob.room("#lab")
            let (confirmed, place) = (room.marks.confirmed, room.cursor.sequence)
            #expect(confirmed == place)
            let head = bob.events.count
            bob.reconnect()
            let rollbacks = try bob.findings(of: "#lab").filter { if case .rollback = $0 { true } else { false } }
            guard isSetBack else {
                #expect(rollbacks == [])
                world.pass(10_000)
                #expect(try bob.findings(of: "#lab") == [])
                continue
            }
            #expect(rollbacks == [.rollback(from: confirmed, to: confirmed - 3)])
            #expect(
                bob.events.dropFirst(head).contains(.finding(room.label, .rollback(from: confirmed, to: confirmed - 3)))
            )
            #expect(room.head > place, "its length says nothing")
        }
    }

    @Test("is not what a server is that forgets who was out of the room meanwhile")
    func wasRemoved() throws {
        let world = World()
        let (alice, bob) = (try world.device("alice/laptop"), try world.device("bob/laptop"))
        try alice.type("/create #lab")
        try alice.type("/invite bob")
        world.pass()
        try alice.type("hello")
        world.pass(10_000)
        #expect(try bob.room("#lab").marks.confirmed > 0)
        bob.cut()
        try alice.type("/kick bob")
        world.pass()
        try alice.type("/invite bob")
        world.pass()
        #expect(world.cluster.stored.count(of: .cursors) == 1)
        bob.reconnect()
        world.pass(10_000)
        try alice.type("welcome back")
        world.pass(10_000)
        #expect(try bob.findings(of: "#lab") == [])
        let room = try bob.room("#lab")
        #expect(try bob.transcript(of: "#lab").last == "alice: welcome back")
        #expect(room.marks.confirmed == room.cursor.sequence)
    }

    @Test(
        "is shown by what it has forgotten of this device alone, if it has dropped what could be compared",
        arguments: [true, false], [true, false])
    func cannotBeCompared(isSetBack: Bool, marks: Bool) throws {
        var limits = ServerLimits()
        limits.entriesPerRoom = 12
        limits.entriesPerSegment = 4
        let world = World(limits: limits)
        let names = ["alice/laptop", "bob/laptop", "carol/laptop"]
        var settings = World.quiet
        // Without a mark nobody can tell.
        if !marks { settings.markAfter = .max / 4 }
        let devices = try names.map { try world.device($0, settings: settings) }
        for device in devices { try device.type("/join #lab") }
        world.pass(8_000)
        let bob = devices[1]
        devices[2].cut()
        let copy = world.cluster.stored
        for text in ["one", "two", "three"] { try devices[0].type(text) }
        world.pass(8_000)
        let place = try bob.room("#lab").cursor.sequence
        #expect(try bob.room("#lab").marks.confirmed == (marks ? place : 0))
        for device in devices.prefix(2) { device.cut() }
        if isSetBack { try world.putBack(copy) }
        devices[2].reconnect()
        world.pass(2_000)
        for number in 0..<40 { try devices[2].type("\(number)") }
        world.pass(2_000)
        for _ in 0..<3 {
            bob.reconnect()
            world.pass(10_000)
            #expect(try bob.findings(of: "#lab") == (isSetBack && marks ? [.rollback(from: place, to: place - 3)] : []))
            bob.cut()
        }
        #expect(
            try bob.notices(of: "#lab").contains { if case .cut(after: place, _, _) = $0 { true } else { false } })
    }

    @Test("has lost nothing of the log if that is whole, whatever it forgot or claims to know of this device")
    func hasLostNothing() throws {
        let scene = try LyingServer()
        scene.world.pass(10_000)
        #expect(try scene.bob.room("#lab").marks.confirmed > 2)
        for cursor in [2, 1 << 40, 0, 1] as [UInt64] {
            scene.lie = { frame in
                guard case .entered(let id, var status) = frame else { return [frame] }
                status.cursor = cursor
                return [.entered(id, status)]
            }
            scene.bob.cut()
            try scene.alice.type("while bob was away from \(cursor)")
            scene.bob.reconnect()
            #expect(try scene.transcript.last == "alice: while bob was away from \(cursor)")
            scene.world.pass(10_000)
            scene.bob.cut()
            scene.bob.reconnect()
            let room = try scene.bob.room("#lab")
            #expect(room.marks.confirmed <= room.cursor.sequence)
        }
        #expect(try scene.findings == [])
    }
}

@Suite("where the log was cut")
struct CutTests {
    private static func world() -> World {
        var limits = ServerLimits()
        limits.entriesPerRoom = 12
        limits.entriesPerSegment = 4
        return World(limits: limits)
    }

    private static func cuts(_ device: Device) throws -> [Notice] {
        try device.notices(of: "#lab").filter {
            switch $0 {
            case .cut, .keptSince: true
            default: false
            }
        }
    }

    @Test("stands in the history of who was away too long, and is no reproach; who was not away sees nothing of it")
    func isMarked() throws {
        for count in [4, 40] {
            let world = Self.world()
            let (alice, bob) = (try world.device("alice/laptop"), try world.device("bob/laptop"))
            for device in [alice, bob] { try device.type("/join #lab") }
            world.pass()
            let place = try bob.room("#lab").cursor.sequence
            bob.cut()
            for number in 0..<count { try alice.type("\(number)") }
            let connection = try #require(alice.connection)
            let status = try #require(try connection.describe(alice.room("#lab").id).status)
            bob.reconnect()
            world.pass(10_000)
            #expect(try Self.cuts(alice) == [])
            #expect(try bob.findings(of: "#lab") == [])
            try alice.type("there you are")
            world.pass()
            #expect(try bob.transcript(of: "#lab").last == "alice: there you are")
            guard count > 12 else {
                #expect(try Self.cuts(bob) == [])
                #expect(try bob.transcript(of: "#lab").count == count + 1)
                continue
            }
            let cut = Notice.cut(after: place, first: status.first, head: status.head)
            #expect(try Self.cuts(bob) == [cut])
            let lines = bob.events.compactMap { event -> [Notice]? in
                if case .message(_, let message) = event { message.notices } else { nil }
            }
            #expect(lines.joined().contains(cut), "it is shown as it happens")
            #expect(cut.sentence.hasPrefix("entries \(place + 1) to \(status.head) are missing here: "))
            var timeline = Timeline(me: bob.identity)
            for message in try bob.room("#lab").history(limit: .max) { timeline.apply(message) }
            let words = timeline.items().map(\.words)
            let mark = try #require(words.firstIndex { $0.contains("are missing here") })
            let back = try #require(words.lastIndex { $0.contains("bob/laptop joined") })
            #expect(mark < back, "at the place where it was cut")
        }
    }

    @Test("is told to a newcomer, if the log does not begin at the beginning")
    func isToldToNewcomers() throws {
        for count in [2, 40] {
            let world = Self.world()
            let (alice, bob) = (try world.device("alice/laptop"), try world.device("bob/laptop"))
            try alice.type("/join #lab")
            for number in 0..<count { try alice.type("\(number)") }
            try bob.type("/join #lab")
            world.pass()
            let cuts = try Self.cuts(bob)
            if count > 12 {
                guard case .keptSince(let first)? = cuts.first, cuts.count == 1 else {
                    Issue.record("\(cuts)")
                    continue
                }
                #expect(first > 12)
            } else {
                #expect(cuts == [])
            }
            #expect(try Self.cuts(alice) == [])
        }
    }
}
