import Chat
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore
import Testing

@testable import ChatClient

@Suite("a server that welcomes a member into another group of the same id")
struct ReplacedGroupTests {
    @Test("does not get what the member says to the room")
    func replaced() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let mallory = try world.device("mallory/laptop")
        try bob.type("/create #secret")
        try bob.type("/invite alice")
        world.pass()
        let room = try bob.room("#secret")
        let packages = alice.sent.compactMap { frame -> ByteBuffer? in
            if case .publish(_, let packages, _) = frame { packages.last } else { nil }
        }
        let offered = try #require(packages.last)
        guard case .keyPackage(let package) = try MLSMessage(decoding: Array(offered.readableBytesView)) else { return }

        // A device with a good certificate helps the server.
        var extensions = Extensions()
        extensions[.roomPolicy] = room.policy.encoded
        let group = try MLSGroup(
            GroupID(bytes: room.id.bytes), suite: .p256AES128, client: mallory.session.host.mls, extensions: extensions)
        let live = LiveGroup(group)
        let outbound = try live.group.commit([.add(package)])
        let made = outbound.welcome
        let welcome = try #require(made)
        live.group.adopt(outbound.take())

        world.tamper = { frame, device in
            if device === alice, case .entry = frame { return [] }
            return [frame]
        }
        try bob.type("she does not get this")
        var asked: RequestID?
        world.tamperRequest = { frame, device in
            guard device === alice, case .fetch(let request, _, _, _) = frame else { return [frame] }
            asked = request
            return []
        }
        let bytes = ByteBuffer(bytes: MLSMessage.welcome(welcome).encoded)
        alice.inject(
            .welcome(
                WelcomeNotice(
                    id: 9_999, room: room.id, sequence: room.cursor.sequence, chain: room.cursor.chain,
                    sender: bob.identity, package: try CipherSuite(.p256AES128).reference(to: package).bytes,
                    welcome: BlobRef(of: bytes))))
        alice.cut()
        alice.reconnect()
        world.pass(3_000)
        if let asked { alice.inject(.part(asked, total: UInt32(bytes.readableBytes), bytes: bytes)) }
        world.tamperRequest = nil
        world.tamper = nil
        world.pass()
        try alice.type("/join #secret")
        try alice.type("for bob alone")
        world.pass()
        let sent = alice.sent.compactMap { frame -> ByteBuffer? in
            if case .send(_, room.id, _, let payload) = frame { payload } else { nil }
        }
        for payload in sent {
            var isRead = false
            do {
                let received = try live.group.receive(try MLSMessage(decoding: Array(payload.readableBytesView)))
                switch consume received {
                case .application: isRead = true
                case .proposal: break
                case .commit: break
                case .own: break
                }
            } catch {}
            #expect(!isRead, "mallory reads what alice says")
        }
        #expect(try !alice.members(of: "#secret").contains("mallory/laptop"))
    }
}
