import Chat
import ChatClient
import ChatWire
import NIOCore
import Testing

/// A server that lies: the real one, and what a liar does to its frames on their way. Two members, and what one of them is shown.
final class LyingServer {
    let world = World()
    let alice: Device
    let bob: Device
    /// What the liar does to what bob is told.
    var lie: ((ServerFrame) -> [ServerFrame])?
    /// Every entry that came for bob, before the lie.
    private(set) var entries: [LogEntry] = []

    /// - Parameter isOpen: whether the room is one that anyone may join; otherwise alice has invited bob.
    init(isOpen: Bool = true) throws {
        alice = try world.device("alice/laptop")
        bob = try world.device("bob/laptop")
        world.tamper = { [unowned self] frame, device in
            guard device === bob else { return [frame] }
            if case .entry(let entry) = frame { entries.append(entry) }
            return lie?(frame) ?? [frame]
        }
        if isOpen {
            try alice.type("/join #lab")
            try bob.type("/join #lab")
        } else {
            try alice.type("/create #lab")
            try alice.type("/invite bob")
            world.pass()
            try bob.type("/join #lab")
        }
        world.pass()
        try alice.type("first")
        try bob.type("second")
        world.pass()
    }

    /// What bob has found.
    var findings: [Finding] { get throws { try bob.findings(of: "#lab") } }
    /// What bob shows.
    var transcript: [String] { get throws { try bob.transcript(of: "#lab") } }

    /// Lies about entries only.
    func lieAboutEntries(_ change: @escaping (LogEntry) -> [LogEntry]) {
        lie = { frame in
            guard case .entry(let entry) = frame else { return [frame] }
            return change(entry).map(ServerFrame.entry)
        }
    }

    /// Lies once about an entry, and is honest from then on.
    func lieOnce(_ change: @escaping (LogEntry) -> [LogEntry]) {
        lieAboutEntries { [unowned self] entry in
            lie = nil
            return change(entry)
        }
    }

    /// The honest server, in the same scene: nobody finds anything, and everything is shown.
    func expectHonesty(sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try alice.findings(of: "#lab") == [], sourceLocation: sourceLocation)
        #expect(try findings == [], sourceLocation: sourceLocation)
        #expect(try alice.transcript(of: "#lab") == transcript, sourceLocation: sourceLocation)
        #expect(
            try alice.room("#lab").cursor.chain == bob.room("#lab").cursor.chain, sourceLocation: sourceLocation)
    }
}
