import Chat
import ChatServer
import ChatWire
import Foundation
import NIOCore
import Testing

@Suite("many clients at once, in any order")
struct InterleavingTests {
    /// `CONCLAVE_FULL=1` tries longer.
    static let seeds: ClosedRange<UInt64> =
        ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == "1" ? 1...200 : 1...6

    @Test("every client sees what the protocol promises", arguments: [1, 2, 3], seeds)
    func keepsEveryPromise(loops: Int, seed: UInt64) throws {
        var simulation = Simulation(loops: loops, limits: ServerLimits(), seed: seed)
        try simulation.run(steps: 4_000)
        try simulation.finish()
    }

    @Test("every client sees what the protocol promises where limits are narrow", arguments: [1, 2, 3], seeds)
    func keepsEveryPromiseAtTheLimits(loops: Int, seed: UInt64) throws {
        var limits = ServerLimits()
        limits.roomsPerSession = 2
        limits.sessionsPerDevice = 2
        limits.devicesPerRoom = 2
        limits.unanswered = 4
        var simulation = Simulation(loops: loops, limits: limits, seed: seed ^ 0xFF00)
        try simulation.run(steps: 4_000)
        try simulation.finish()
    }
}

/// Random clients on random loops, with a network that lets messages between two loops wait as long as it likes.
private struct Simulation {
    private var random: SeededGenerator
    private let cluster: Cluster
    private let ledger = Ledger()
    private let limits: ServerLimits
    private var clients: [(client: TestClient, witness: Witness)] = []

    private static let people = ["alice/laptop", "alice/phone", "bob/laptop", "bob/phone", "carol/laptop"].map(device)
    private static let places = (0..<5).map(RoomID.number)

    init(loops: Int, limits: ServerLimits, seed: UInt64) {
        random = SeededGenerator(seed: seed)
        self.limits = limits
        cluster = Cluster(loops: loops, limits: limits)
    }

    mutating func run(steps: Int) throws {
        for _ in 0..<steps {
            switch random.number(below: 100) {
            case 0..<6: open()
            case 6..<9: close()
            case 9..<60: try act()
            case 60..<80: cluster.endTick(of: random.number(below: cluster.loopCount))
            default:
                cluster.arrive(
                    from: random.number(below: cluster.loopCount), to: random.number(below: cluster.loopCount))
            }
            cluster.time += 1
        }
    }

    private mutating func open() {
        guard clients.count < 24, let identity = Self.people.randomElement(using: &random) else { return }
        let before = clients.count { $0.client.identity == identity }
        let client = cluster.open(identity, on: random.number(below: cluster.loopCount))
        #expect((client != nil) == (before < limits.sessionsPerDevice), "connections of a device")
        if let client { clients.append((client, Witness(client, ledger: ledger))) }
    }

    private mutating func close() {
        guard let index = clients.indices.randomElement(using: &random) else { return }
        cluster.close(clients.remove(at: index).client, lost: random.chance(50))
    }

    private mutating func act() throws {
        guard let (client, witness) = clients.randomElement(using: &random),
            let room = Self.places.randomElement(using: &random),
            let other = Self.people.randomElement(using: &random), !client.isHeld
        else { return }
        switch random.number(below: 100) {
        case 0..<25: witness.asked(try client.send { .join($0, room) }, .join(room))
        case 25..<35: witness.asked(try client.send { .leave($0, room) }, .leave(room))
        case 35..<75:
            let text = ledger.newText(by: client)
            witness.asked(
                try client.send { .send($0, room, payload: ByteBuffer(string: text)) }, .send(room, text: text))
        case 75..<82:
            let audience = clients.map(\.client).filter {
                [other.user, client.identity.user].contains($0.identity.user)
            }
            let text = ledger.newText(by: client, to: other.user, audience: audience)
            witness.asked(
                try client.send { .sendDirect($0, other.user, payload: ByteBuffer(string: text)) },
                .direct(other.user, text: text))
        case 82..<92:
            let after = random.chance(25) ? other : nil
            witness.asked(try client.send { .listMembers($0, room, after: after) }, .members(room, after: after))
        case 92..<95:
            let online = Set(clients.map(\.client.identity)).sorted()
            witness.asked(
                try client.send { .listOnline($0, after: nil) }, .online(IdentityPage(more: false, identities: online)))
        case 95..<97: witness.asked(try client.send(ClientFrame.ping), .ping)
        case 97..<99: try client.send(type: 63, body: [1, 2, 3])
        default:
            try client.send(type: 1, body: [0])
            clients.removeAll { $0.client === client }
            cluster.endTick(of: client.loop)
            #expect(!client.isOpen)
        }
    }

    /// Lets all come to rest and looks at what is left, with and without clients.
    mutating func finish() throws {
        cluster.settle()
        ledger.expectDirectMessagesComplete()
        #expect(ledger.deliveryCount > 50, "the simulation was no test")
        for (client, witness) in clients {
            #expect(witness.pendingCount == 0, "every request has its answer")
            for room in witness.joined {
                let expected = Set(clients.filter { $0.witness.joined.contains(room) }.map(\.client.identity)).sorted()
                let request = try client.send { .listMembers($0, room, after: nil) }
                witness.asked(request, .members(room, after: nil))
                cluster.settle()
                #expect(client.received.last?.identities == expected)
            }
        }
        while !clients.isEmpty { close() }
        cluster.settle()
        cluster.expectEmpty()
    }
}
