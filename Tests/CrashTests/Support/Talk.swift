import Chat
import ChatWire
import NIOCore
import NIOPosix
import TLSTransport

/// Devices that found rooms on a real server, over mutual TLS, and talk there as fast as they get answers. They remember what they were told,
/// and after a crash send again what has no answer.
final class Talk: Sendable {
    struct Plan: Sendable {
        var users = ["alice", "bob", "carol"]
        var rooms = 2
        /// Messages of a device in a room that wait for their answer.
        var window = 8
        var messageBytes = 200
        /// Messages of the founder's in a room for each of its commits.
        var commitEvery = 25
        /// More than 65,536: then it is kept apart from its entry.
        var commitBytes = 300
        /// Stop by themselves after so many messages of a device in a room.
        var messages = Int.max
    }

    /// A room, and who founds it.
    struct Place: Sendable {
        var room: RoomID
        var founder: PeerIdentity
    }

    private let loop: any EventLoop
    private let company: NIOLoopBound<Company>

    /// - Parameters:
    ///   - certificates: as `scripts/certs` makes them, with a device `default` for every user of the plan.
    ///   - places: rooms that are there already, and are only to be read.
    init(_ plan: Plan = Plan(), certificates: String, reading places: [Place]? = nil) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        self.loop = loop
        company = try await loop.submit {
            NIOLoopBound(try Company(plan, certificates: certificates, places, on: loop), eventLoop: loop)
        }.get()
    }

    /// The same devices once more, which only read what is there.
    func reader(certificates: String) async throws -> Talk {
        let (plan, places) = try await onLoop { company in
            (company.plan, company.rooms.map { Place(room: $0.id, founder: $0.founder) })
        }
        return try await Talk(plan, certificates: certificates, reading: places)
    }

    private func onLoop<Value: Sendable>(_ body: @escaping @Sendable (Company) throws -> Value) async throws -> Value {
        let company = company
        return try await loop.submit { try body(company.value) }.get()
    }

    /// Connects all devices, anew if they were. They go on by themselves; a connection that cannot be made, or breaks, is left alone.
    func connect(to port: Int) async throws {
        try await onLoop { $0.connect(to: port) }
    }

    /// Waits until no connection is left: their server is gone.
    func isCut() async throws {
        try await wait("the connections to break") { !$0.isConnected }
    }

    /// Waits until all devices were greeted.
    func isConnected() async throws {
        try await wait("greetings") { $0.isGreeted }
    }

    func ledger() async throws -> Ledger { try await onLoop(\.ledger) }

    /// Waits for so many acknowledgements, counted from the beginning.
    func acknowledged(_ count: Int, within seconds: Double = 60) async throws {
        try await wait("\(count) acknowledgements", within: seconds) { $0.ledger.acknowledged.count >= count }
    }

    /// Sends nothing new from now on.
    func hush() async throws {
        try await onLoop { $0.isTalking = false }
    }

    /// Sends new messages again: `count` of every device in every room, or as many as the plan allows.
    func speak(_ count: Int? = nil) async throws {
        try await onLoop { $0.speak(count) }
    }

    func isSettled() async throws -> Bool { try await onLoop(\.isSettled) }

    /// Waits until all that was sent has its answer.
    func settle(within seconds: Double = 60) async throws {
        try await wait("answers to all that was sent", within: seconds) { $0.isSettled }
    }

    /// Reads all logs, each by all who are in its room, over the connections that are there.
    func read() async throws -> [RoomID: [Reading]] {
        let company = company
        return try await loop.flatSubmit { company.value.read() }.get()
    }

    /// Takes a server's whole word: sends what is left, reads everything and judges.
    func verdict(settle: Bool = true) async throws -> Verdict {
        try await hush()
        if settle { try await self.settle() }
        let readings = try await read()
        return Verdict(try await ledger(), readings, isSettled: settle)
    }

    func close() async throws {
        try await onLoop { $0.close() }
    }

    private func wait(
        _ what: String, within seconds: Double = 60, _ isDone: @escaping @Sendable (Company) -> Bool
    ) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while try await !onLoop(isDone) {
            let complaints = try await ledger().complaints
            guard ContinuousClock.now < end else {
                throw Timeout(description: "waited \(seconds) s for \(what); \(complaints.prefix(3))")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// All devices of a ``Talk``, on its event loop.
final class Company {
    let plan: Talk.Plan
    let loop: any EventLoop
    let tls: TLSLoop
    var ledger = Ledger()
    var isTalking = true
    /// They say nothing, and come into no room.
    let isReader: Bool
    private(set) var rooms: [OpenRoom] = []
    private(set) var speakers: [Speaker] = []

    /// A room as its founder knows it.
    final class OpenRoom {
        let id: RoomID
        let founder: PeerIdentity
        /// Of the founder's commits that are acknowledged.
        var epoch: UInt64 = 0
        /// All are in it.
        var isReady: Bool { epoch > 0 }

        init(_ id: RoomID, _ founder: PeerIdentity) {
            self.id = id
            self.founder = founder
        }
    }

    init(_ plan: Talk.Plan, certificates: String, _ places: [Talk.Place]?, on loop: any EventLoop) throws {
        self.plan = plan
        self.loop = loop
        isReader = places != nil
        tls = TLSLoop(eventLoop: loop)
        let devices = plan.users.compactMap { PeerIdentity($0 + "/default") }
        let founded = (0..<plan.rooms).map { index in
            Talk.Place(
                room: RoomID(high: .random(in: 0 ... .max), low: UInt64(index)), founder: devices[index % devices.count]
            )
        }
        rooms = (places ?? founded).map { OpenRoom($0.room, $0.founder) }
        speakers = try devices.map { try Speaker($0, in: self, certificates: certificates) }
    }

    var devices: [PeerIdentity] { speakers.map(\.identity) }
    var isConnected: Bool { speakers.contains(where: \.isConnected) }
    var isGreeted: Bool { speakers.allSatisfy(\.isGreeted) }
    var isSettled: Bool { speakers.allSatisfy(\.isSettled) && rooms.allSatisfy(\.isReady) }

    func connect(to port: Int) {
        for speaker in speakers { speaker.connect(to: port) }
    }

    func speak(_ count: Int?) {
        isTalking = true
        for speaker in speakers { speaker.speak(count) }
    }

    /// A room has all its members: they come in.
    func ready(_ room: OpenRoom) {
        for speaker in speakers where speaker.identity != room.founder { speaker.enter(room.id) }
    }

    func read() -> EventLoopFuture<[RoomID: [Reading]]> {
        var readings: [EventLoopFuture<Reading>] = []
        for room in rooms {
            // The founder may read all of it, the others from the entry by which they came in.
            for speaker in speakers.sorted(by: { $0.identity == room.founder && $1.identity != room.founder }) {
                let after: UInt64 = speaker.identity == room.founder ? 0 : 1
                readings.append(speaker.read(room.id, after: after))
            }
        }
        return EventLoopFuture.whenAllSucceed(readings, on: loop).map { readings in
            Dictionary(grouping: readings, by: \.room)
        }
    }

    func close() {
        isTalking = false
        for speaker in speakers { speaker.close() }
    }
}

@available(*, unavailable)
extension Company: Sendable {}
