import Foundation
import MLS
import MLSWire
import Testing

@Suite("the tour of the documentation")
struct TourTests {
    struct Names: CredentialValidator {
        func validate(_ credential: Credential, key: SignaturePublicKey, for use: CredentialUse)
            throws(CredentialRefusal)
        {
            guard case .basic(let name) = credential, !name.isEmpty else { throw CredentialRefusal("no name") }
        }

        func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] { credential.encoded }

        func isSuccessor(_ credential: Credential, of old: Credential) -> Bool { credential == old }
    }

    @Test("does what it says")
    func tour() throws {
        var said: [String] = []
        func print(_ parts: Any...) { said.append(parts.map { "\($0)" }.joined(separator: " ")) }

        func client(_ name: String) throws -> MLSClient {
            MLSClient(
                signer: try SignaturePrivateKey(for: .p256AES128), credential: .basic(identity: Array(name.utf8)),
                validator: Names(), clock: { UInt64(Date().timeIntervalSince1970) })
        }
        let (alice, bob, carol) = (try client("alice"), try client("bob"), try client("carol"))

        let bobsKeys = try bob.makeKeyPackage(for: .p256AES128)
        var room = try MLSGroup(GroupID(bytes: Array("lab".utf8)), suite: .p256AES128, client: alice)
        let adding = try room.commit([.add(bobsKeys.keyPackage)])

        let welcome = adding.welcome
        room.adopt(adding.take())
        var bobsRoom = try MLSGroup.join(welcome!, with: bobsKeys, client: bob)

        let isSame = room.epochAuthenticator == bobsRoom.epochAuthenticator  // true

        let sealed = try room.seal(Array("hello, Bob".utf8))
        switch try bobsRoom.receive(sealed) {
        case .application(let message): print(message.sender.credential, String(decoding: message.data, as: UTF8.self))
        case .commit(let staged): bobsRoom.adopt(staged)
        case .proposal: break
        case .own: break
        }

        do {
            _ = try bobsRoom.receive(sealed)
        } catch {
            print(error)  // the message's key was used before (RFC 9420 §9.2)
        }

        let joining = try MLSGroup.joinExternally(try room.groupInfo(), client: carol)
        let commit = joining.message
        if case .commit(let staged) = try room.receive(commit) {
            print(staged.effects.added.count, "joined")  // look first, then adopt
            room.adopt(staged)
        }
        if case .commit(let staged) = try bobsRoom.receive(commit) { bobsRoom.adopt(staged) }
        var carolsRoom = joining.take()

        let leaving = try bobsRoom.propose(.remove(bobsRoom.leaf))
        _ = try room.receive(leaving)
        _ = try carolsRoom.receive(leaving)
        let removing = try carolsRoom.commit()
        let farewell = removing.message
        carolsRoom.adopt(removing.take())
        if case .commit(let staged) = try room.receive(farewell) { room.adopt(staged) }
        if case .commit(let staged) = try bobsRoom.receive(farewell) { bobsRoom.adopt(staged) }
        let isOver = bobsRoom.isRemoved && room.epochAuthenticator == carolsRoom.epochAuthenticator  // true

        #expect(isSame && isOver)
        #expect(said.count == 3)
        #expect(said[0].hasSuffix("hello, Bob"))
        #expect(said[1...] == ["the message's key was used before (RFC 9420 §9.2)", "1 joined"])
    }

    @Test("is the code of this test, line by line")
    func isTested() throws {
        let here = URL(filePath: #filePath)
        let page = here.deletingLastPathComponent().appending(
            path: "../../../Sources/MLS/MLS.docc/FiveMinuteTour.md")
        let trimmed = { (text: String) in
            text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let tested = Set(trimmed(try String(contentsOf: here, encoding: .utf8)))
        let blocks = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```")
        let code = stride(from: 1, to: blocks.count, by: 2).flatMap { trimmed(blocks[$0]).dropFirst() }
        #expect(code.count > 40)
        let untested = code.filter { !tested.contains($0) }
        #expect(untested == [])
    }
}
