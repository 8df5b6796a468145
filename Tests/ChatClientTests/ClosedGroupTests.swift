import Chat
import ChatWire
import MLS
import MLSWire
import NIOCore
import Testing

@testable import ChatClient

@Suite("a member that closes the group")
struct ClosedGroupTests {
    @Test("is refused, and the others go on")
    func reInit() throws {
        let world = World()
        let mallory = try world.device("mallory/laptop")
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        for device in [mallory, alice, bob] { try device.type("/join #lab") }
        world.pass()
        let id = try mallory.room("#lab").id
        mallory.change { session in
            session.with(id) { room in
                guard let live = room.live else { return }
                do {
                    let epoch = live.group.state.epoch
                    let reInit = ReInit(
                        groupID: GroupID(bytes: [1, 2, 3]), version: .mls10, cipherSuite: .p256AES128,
                        extensions: live.group.state.context.extensions)
                    let outbound = try live.group.commit([.reInit(reInit)])
                    let message = outbound.message
                    room.ask(
                        .submit(
                            Submission(
                                room: id, token: room.takeControlToken(), epoch: epoch,
                                commit: ByteBuffer(bytes: message.encoded))))
                } catch {
                    Issue.record("\(error)")
                }
            }
        }
        world.pass(5_000)
        try alice.type("still here")
        world.pass(5_000)
        #expect(try bob.transcript(of: "#lab").contains("alice: still here"))
        #expect(try alice.findings(of: "#lab").contains { if case .invalidCommit = $0 { true } else { false } })
    }
}
