import Chat
import ChatClient
import ChatWire
import NIOCore
import Testing

/// The real server, which lies to one device of three in a room: about entries, by ``lie``; about anything else, by ``answer``; or
/// by leaving entries out and closing the ranks behind them, by ``hide(_:)``.
final class Deceiver {
    let world: World
    let alice: Device
    /// Who is lied to.
    let bob: Device
    let carol: Device
    /// What becomes of an entry; the number counts alice's messages since ``begin()`` and is `nil` for all other entries.
    var lie: ((LogEntry, Int?) -> [LogEntry])?
    /// What becomes of a frame that is no entry.
    var answer: ((ServerFrame) -> [ServerFrame])?
    /// All that bob should have been shown, in order, without repetition.
    private(set) var log: [LogEntry] = []
    private var places: [UInt64] = []
    private var hidden: Set<UInt64> = []
    private var hasBegun = false

    /// Three in `#lab`, at rest.
    init(_ world: World = World()) throws {
        self.world = world
        alice = try world.device("alice/laptop")
        bob = try world.device("bob/laptop")
        carol = try world.device("carol/laptop")
        for device in world.devices { try device.type("/join #lab") }
        world.pass()
        world.tamper = { [unowned self] frame, device in device === bob ? tell(frame) : [frame] }
        world.tamperRequest = { [unowned self] frame, device in device === bob ? [hear(frame)] : [frame] }
    }

    var lab: RoomID { get throws { try bob.room("#lab").id } }

    /// From here on alice's messages are counted.
    func begin() { hasBegun = true }

    /// Tells the truth again; what was hidden stays so.
    func repent() {
        lie = nil
        answer = nil
    }

    /// Leaves an entry out, and gives its number to the next.
    func hide(_ entry: LogEntry) -> [LogEntry] {
        hidden.insert(entry.sequence)
        return []
    }

    private func tell(_ frame: ServerFrame) -> [ServerFrame] {
        guard case .entry(let entry) = frame else { return (answer?(frame) ?? [frame]).map(renumbered) }
        if !log.contains(where: { $0.sequence == entry.sequence && $0.room == entry.room }) { log.append(entry) }
        if hidden.contains(entry.sequence) { return [] }
        return (lie?(entry, number(of: entry)) ?? [entry]).map { .entry($0) }.map(renumbered)
    }

    private func number(of entry: LogEntry) -> Int? {
        guard hasBegun, entry.sender == alice.identity, entry.kind == .message else { return nil }
        if let known = places.firstIndex(of: entry.sequence) { return known }
        if let last = places.last, entry.sequence < last { return nil }
        places.append(entry.sequence)
        return places.count - 1
    }

    private func shown(_ place: UInt64) -> UInt64 { place - UInt64(hidden.count { $0 <= place }) }

    private func renumbered(_ frame: ServerFrame) -> ServerFrame {
        switch frame {
        case .entry(var entry):
            entry.sequence = shown(entry.sequence)
            return .entry(entry)
        case .accepted(let id, let place, let time): return .accepted(id, sequence: shown(place), time: time)
        case .readEnd(let id, let room, let head): return .readEnd(id, room, head: shown(head))
        case .entered(let id, var status):
            status.head = shown(status.head)
            return .entered(id, status)
        default: return frame
        }
    }

    private func hear(_ frame: ClientFrame) -> ClientFrame {
        guard case .read(let id, let room, let after) = frame, !hidden.isEmpty else { return frame }
        var real = after
        while shown(real) < after { real += 1 }
        return .read(id, room, after: real)
    }

    /// What is said while the server lies, or does not: three by alice in a row, one by carol, and alice again.
    func chat() throws {
        begin()
        for text in ["one", "two", "three"] { try alice.type(text) }
        world.pass(4_000)
        try carol.type("four")
        world.pass()
        try alice.type("five")
        world.pass(8_000)
    }

    static let said = ["alice: one", "alice: two", "alice: three", "carol: four", "alice: five"]

    /// What was found by bob; that it is in the room's history as a notice, and was shown as an event, is expected.
    func findings(sourceLocation: SourceLocation = #_sourceLocation) throws -> [Finding] {
        let kept = try bob.notices(of: "#lab").compactMap {
            if case .finding(let finding) = $0 { finding } else { nil }
        }
        let shown = bob.events.compactMap { if case .finding(_, let finding) = $0 { finding } else { nil } }
        #expect(Set(kept) == Set(shown), "the history and the events differ", sourceLocation: sourceLocation)
        return shown
    }

    /// Nobody else has anything to complain of.
    func expectOthersInPeace(sourceLocation: SourceLocation = #_sourceLocation) throws {
        for device in [alice, carol] {
            #expect(try device.findings(of: "#lab") == [], "\(device.identity)", sourceLocation: sourceLocation)
            #expect(try device.transcript(of: "#lab") == Self.said, sourceLocation: sourceLocation)
        }
    }
}
