import Crypto
import MLS
import MLSWire
import Testing

@Suite("Rules of private messages, RFC 9420 §6.3, §9")
struct PrivateMessageRules {
    @Test("application data must not be sent in the clear")
    func applicationIsPrivate() throws {
        let party = try Party(3)
        let forger = Forger(party[0])
        party.expectAccepted(try forger.message(.application([1]), as: .privateMessage))
        party.expectRefused(try forger.message(.application([1])), .invalid(.applicationIsPrivate))
        try party.expectUsable()
    }

    @Test("padding must be zeros")
    func paddingIsZero() throws {
        let party = try Party(3)
        let forger = Forger(party[0])
        let signed = try forger.signed(.application([1]), as: .privateMessage)
        func message(_ padding: [UInt8]) throws -> MLSMessage {
            .privateMessage(try forger.seal(signed, SealForgery(padding: padding)))
        }
        party.expectAccepted(try message([]))
        party.expectAccepted(try message([UInt8](repeating: 0, count: 1000)))
        for padding in [[1], [0, 0, 1], [1, 0, 0]] as [[UInt8]] {
            party.expectRefused(try message(padding), .invalid(.paddingIsZero))
        }
        try party.expectUsable()
    }

    @Test("a sender's data must decrypt")
    func senderDataDecrypts() throws {
        let party = try Party(3)
        let forger = Forger(party[0])
        let message = try forger.seal(try forger.signed(.application([1]), as: .privateMessage))
        var forged = message
        forged.encryptedSenderData[0] ^= 1
        party.expectRefused(.privateMessage(forged), .invalid(.senderDataDecrypts))
        forged.encryptedSenderData = []
        party.expectRefused(.privateMessage(forged), .invalid(.senderDataDecrypts))
        forged = message
        forged.ciphertext = []
        party.expectRefused(.privateMessage(forged), .invalid(.senderDataDecrypts))
        party.expectAccepted(.privateMessage(message))
        try party.expectUsable()
    }

    @Test("a message must decrypt, and costs the true one nothing if it does not")
    func contentDecrypts() throws {
        let party = try Party(3)
        let forger = Forger(party[0])
        let message = try forger.seal(try forger.signed(.application([1]), as: .privateMessage))
        var forged = message
        forged.ciphertext[forged.ciphertext.count - 1] ^= 1
        party.expectRefused(.privateMessage(forged), .invalid(.contentDecrypts))
        forged = message
        forged.authenticatedData = [1]
        party.expectRefused(.privateMessage(forged), .invalid(.contentDecrypts))
        party.expectAccepted(.privateMessage(message))
        try party.expectUsable()
    }

    @Test("a message must not be read twice, nor another with its key")
    func generationIsUnused() throws {
        let party = try Party(3)
        let forger = Forger(party[0])
        let messages = try [[1], [2], [3]].map { try forger.message(.application($0), as: .privateMessage) }
        for index in [2, 0, 1] {
            party.expectAccepted(messages[index])
            party.expectRefused(messages[index], .invalid(.generationIsUnused))
        }
        let signed = try forger.signed(.application([4]), as: .privateMessage)
        party.expectRefused(
            .privateMessage(try forger.seal(signed, SealForgery(generation: 9))), .invalid(.generationIsUnused))
        try party.expectUsable()
    }

    @Test("a message must not be too far ahead of those before it")
    func generationIsNear() throws {
        let party = try Party(3, policy: GroupPolicy(ratchets: RatchetLimits(forward: 10, kept: 5)))
        let forger = Forger(party[0])
        let signed = try forger.signed(.application([1]), as: .privateMessage)
        func message(_ generation: UInt32) throws -> MLSMessage {
            .privateMessage(try forger.seal(signed, SealForgery(generation: generation)))
        }
        party.expectRefused(try message(11), .invalid(.generationIsNear))
        party.expectAccepted(try message(10))
        party.expectRefused(try message(22), .invalid(.generationIsNear))
        party.expectAccepted(try message(21))
        try party.expectUsable()
    }

    @Test("of skipped messages only so many can still come, the latest")
    func keptGenerationsAreBounded() throws {
        let party = try Party(3, policy: GroupPolicy(ratchets: RatchetLimits(forward: 10, kept: 5)))
        let forger = Forger(party[0])
        let signed = try forger.signed(.application([1]), as: .privateMessage)
        let messages = try (0...10).map { number in
            MLSMessage.privateMessage(try forger.seal(signed, SealForgery(generation: UInt32(number))))
        }
        party.expectAccepted(messages[10])
        party.expectRefused(messages[4], .invalid(.generationIsUnused))
        for index in 5..<10 { party.expectAccepted(messages[index]) }
        try party.expectUsable()
    }
}
