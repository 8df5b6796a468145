import Crypto
import MLS
import MLSWire
import TLSSyntax
import Testing

@Suite("Messages with a byte changed")
struct ByteChangeTests {
    /// Every message that differs in one byte: by its lowest bit, and by its highest.
    private func changes(of bytes: [UInt8]) -> [[UInt8]] {
        bytes.indices.flatMap { index in
            [0x01, 0x80].map { (mask: UInt8) in
                var changed = bytes
                changed[index] ^= mask
                return changed
            }
        }
    }

    private enum Kind: CaseIterable { case publicCommit, privateCommit, publicProposal, privateProposal, application }

    private func message(_ kind: Kind, from member: Member) throws -> MLSMessage {
        let forger = Forger(member)
        let proposal = MLSContent.proposal(.remove(LeafIndex(0)))
        switch kind {
        case .publicCommit: return try forger.commit().message
        case .privateCommit: return try forger.commit(Forgery().with { $0.format = .privateMessage }).message
        case .publicProposal: return try forger.message(proposal)
        case .privateProposal: return try forger.message(proposal, as: .privateMessage)
        case .application: return try forger.message(.application(Array("hello".utf8)), as: .privateMessage)
        }
    }

    @Test("no changed message is accepted, and the true one is still", arguments: Kind.allCases)
    private func framedMessages(kind: Kind) throws {
        let party = try Party(3)
        let message = try message(kind, from: party[0])
        let before = party[1].facts
        for (number, bytes) in changes(of: message.encoded).enumerated() {
            #expect(throws: (any Error).self, "change \(number)") {
                try party[1].look(at: try MLSMessage(decoding: bytes))
            }
        }
        #expect(party[1].facts == before)
        party.expectAccepted(message)
        try party.expectUsable()
    }

    @Test("no changed welcome is accepted, and the true one is still")
    func welcomes() throws {
        let party = try Party(2)
        let newcomer = try MLSClient.named("newcomer")
        let package = KeyPackageBox(try newcomer.forgedPackage())
        let forgery = Forgery([.add(package.secrets.keyPackage)]).with { $0.makesWelcome = true }
        let welcome = try #require(try Forger(party[0]).commit(forgery).welcome)
        for (number, bytes) in changes(of: welcome.encoded).enumerated() {
            #expect(throws: (any Error).self, "change \(number)") {
                _ = try MLSGroup.join(try Welcome(decoding: bytes), with: package.secrets, client: newcomer)
            }
        }
        _ = try MLSGroup.join(welcome, with: package.secrets, client: newcomer)
    }

    @Test("no changed invitation is accepted, and the true one is still")
    func invitations() throws {
        let party = try Party(2)
        let newcomer = try MLSClient.named("newcomer")
        let invitation = try Forger(party[0]).invitation()
        for (number, bytes) in changes(of: invitation.encoded).enumerated() {
            #expect(throws: (any Error).self, "change \(number)") {
                _ = try MLSGroup.joinExternally(try GroupInfo(decoding: bytes), client: newcomer)
            }
        }
        party.expectAccepted(try MLSGroup.joinExternally(invitation, client: newcomer).message, from: Party.outside)
    }

    @Test("no prefix of a message traps or is accepted")
    func prefixes() throws {
        let party = try Party(3)
        let bytes = try message(.publicCommit, from: party[0]).encoded
        for length in 0..<bytes.count {
            #expect(throws: (any Error).self) {
                try party[1].look(at: try MLSMessage(decoding: Array(bytes.prefix(length))))
            }
        }
        try party.expectUsable()
    }
}
