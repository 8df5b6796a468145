import Chat
import ChatClient
import Foundation
import Testing

/// Processes die before and after each write of theirs, and start anew from what is on the disk.
@Suite struct CrashTests {
    /// What each device does in turn: 0 is alice, 1 bob, 2 carol.
    private static let script: [(device: Int, line: String)] = [
        (0, "/join #lab"), (1, "/join #lab"), (0, "one"), (1, "two"), (0, "/topic crashes"), (2, "/join #lab"),
        (2, "three"), (0, "/kick carol"), (0, "four"), (2, "/join #lab"), (1, "five"), (2, "six"), (0, "seven"),
    ]
    private static let said = ["one", "two", "three", "four", "five", "six", "seven"]

    /// Types a line on a device that may die of it, and once more after it was started anew, unless it was kept.
    private func insist(_ line: String, on device: Device, _ world: World) throws {
        for _ in 0..<4 {
            let isCommand = line.hasPrefix("/")
            // A person looks at the screen: what stands there is not typed again.
            if !isCommand, try device.hasSaid(line, in: "#lab") { return }
            if isCommand || device.isIn("#lab") {
                if !isCommand { try device.type("/join #lab") }
                if !device.isDead { try device.type(line) }
            }
            world.pass(800)
            guard device.isDead else { return }
            try device.restart()
            world.pass(1_500)
        }
    }

    @Test(arguments: ["before", "after"]) func wheneverADeviceDiesNothingIsLostAndNothingComesTwice(_ when: String)
        throws
    {
        let isFull = ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == "1"
        for victim in 0..<3 {
            var write = 1 + victim
            while write < 500 {
                guard try run(victim, write, when == "before" ? .crashBefore : .crashAfter) else { break }
                write += isFull ? 1 : 7
            }
            #expect(write > 8, "the device has hardly written")
        }
    }

    /// - Returns: whether the device came to that write.
    private func run(_ victim: Int, _ write: Int, _ fault: MemoryStore.Fault) throws -> Bool {
        let world = World()
        let devices = try ["alice/laptop", "bob/laptop", "carol/laptop"].map { try world.device($0) }
        let ledger = KeyLedger()
        devices[victim].store.faults[devices[victim].store.writes + write] = fault
        var died = false
        for (index, line) in Self.script {
            try insist(line, on: devices[index], world)
            for device in devices where device.isDead {
                try device.restart()
                world.pass(1_500)
            }
            ledger.note(devices)
            died = died || devices[victim].lives > 1
        }
        world.pass(5_000)
        let comment = "\(devices[victim].identity), write \(write), \(fault)"
        for device in devices {
            guard let room = try? device.room("#lab") else {
                Issue.record("\(device.identity) is not in the room: \(comment)")
                continue
            }
            let members = room.members.map(\.identity.description)
            #expect(members == ["alice/laptop", "bob/laptop", "carol/laptop"], "\(comment), \(device.identity)")
            #expect(try room.code == devices[0].room("#lab").code, "\(comment)")
            #expect(room.unsentCount == 0, "\(comment)")
            // Carol was not there all the time.
            if device === devices[2] { continue }
            let expected = device === devices[0] ? Self.said : Array(Self.said.dropFirst(device === devices[1] ? 0 : 2))
            let texts = try device.texts(in: room).map { $0.split(separator: " ").last.map(String.init) ?? "" }
            #expect(texts.filter { expected.contains($0) } == expected, "\(comment), \(device.identity)")
            #expect(Set(texts).count == texts.count, "\(comment), \(device.identity): \(texts)")
            #expect(room.findings == [], "\(comment), \(device.identity)")
        }
        ledger.note(devices)
        ledger.check(devices)
        #expect(ledger.seen > ledger.unseen * 4, "\(comment): \(ledger.seen) seen, \(ledger.unseen) unseen")
        return died
    }
}

extension Device {
    /// Whether this device shows a text of its own in a room: in its place, or waiting.
    func hasSaid(_ text: String, in name: String) throws -> Bool {
        guard isIn(name) else { return false }
        let room = try room(name)
        if try texts(in: room).contains("\(identity.user): \(text)") { return true }
        return room.waitingTexts.contains(text)
    }
}
