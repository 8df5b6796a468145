import Chat
import Foundation
import Testing

@Suite(
    "a server that dies while it brings an older store to the present form",
    .enabled(if: Installation.isComplete, Installation.comment), .enabled(if: Faults.areThere, Faults.comment))
struct MigrationTests {
    /// What a server of form 1 held when it was stopped: made by conclave-server 0.1.0, two rooms with three devices each.
    private static let rooms = [
        (
            room: RoomID(high: 15_216_676_339_855_053_142, low: 0), founder: "alice/default", head: 45,
            chain: "37e9a42ca96111862703741d9ec4854c4e5305f841a41e88a31a07a359081087"
        ),
        (
            room: RoomID(high: 15_700_661_865_538_849_879, low: 1), founder: "bob/default", head: 45,
            chain: "125ea635afbe364fdea28d71464faf620a0fca27ee859e4ddf29518ff8a5b395"
        ),
    ]

    @Test("keeps all of it, and comes to the present form the next time", .timeLimit(.minutes(20)))
    func migration() async throws {
        let (scratch, certificates) = (try Scratch(), try await Certificates.shared().folder)
        let template = scratch.path + "/data"
        try FileManager.default.createDirectory(
            atPath: template, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let fixture = Installation.package + "/Tests/CrashTests/Fixtures/form1.db"
        try FileManager.default.copyItem(atPath: fixture, toPath: template + "/conclave.db")
        #expect(chmod(template + "/conclave.db", 0o600) == 0)
        try await dieWhileOpening(template, certificates: certificates) { data in
            let server = try await Victim(on: data, certificates: certificates)
            try #require(server.listens, "\(server.log)")
            try await Self.check(server, certificates: certificates)
            try await server.stop()
            try await verify(data)
        }
    }

    /// The chain is a hash over everything in a log.
    private static func check(_ server: Victim, certificates: String) async throws {
        let places = rooms.compactMap { room in
            PeerIdentity(room.founder).map { Talk.Place(room: room.room, founder: $0) }
        }
        let reader = try await Talk(certificates: certificates, reading: places)
        try await reader.connect(to: server.port)
        try await reader.isConnected()
        let readings = try await reader.read()
        for room in rooms {
            let found = readings[room.room] ?? []
            #expect(found.map(\.lines.count) == [room.head, room.head - 1, room.head - 1], "\(server.log)")
            #expect(found.map { $0.lines.last?.sequence } == Array(repeating: UInt64(room.head), count: 3))
            #expect(found.first?.lines.last?.chain?.description == room.chain)
            #expect(found.first?.status?.chain.description == room.chain)
        }
        let complaints = try await reader.ledger().complaints
        #expect(complaints.isEmpty, "\(complaints)")
        try await reader.close()
    }
}
