import Crypto
import MLS
import MLSWire
import Testing

@Suite("The key schedule, RFC 9420 §8")
struct ScheduleSecretsTests {
    @Test("exports as many bytes as asked for, none and the most among them", arguments: CipherSuite.supported)
    func export(code: MLSCipherSuite) throws {
        let suite = try code.algorithms
        let (secrets, _) = EpochSecrets.derive(suite, epoch: secret("epoch"))
        for length in [0, 1, suite.hash.byteCount, suite.hash.byteCount + 1, 255 * suite.hash.byteCount] {
            let exported = secrets.export(suite, label: "label", context: [1], length: length)
            #expect(exported.bitCount == length * 8)
        }
        let one = secrets.export(suite, label: "label", context: [1], length: 32)
        #expect(one == secrets.export(suite, label: "label", context: [1], length: 32))
        #expect(one != secrets.export(suite, label: "label", context: [2], length: 32))
        #expect(one != secrets.export(suite, label: "Label", context: [1], length: 32))
    }

    @Test("gives each purpose a secret of its own", arguments: CipherSuite.supported)
    func distinct(code: MLSCipherSuite) throws {
        let suite = try code.algorithms
        let (secrets, encryption) = EpochSecrets.derive(suite, epoch: secret("epoch"))
        let all = [
            secrets.senderData, secrets.exporter, secrets.external, secrets.confirmation, secrets.membership,
            secrets.resumption, secrets.authenticator, secrets.initial, encryption,
        ]
        #expect(Set(all.map(\.bytes)).count == 9)
        #expect(all.allSatisfy { $0.bitCount == suite.hash.byteCount * 8 })
    }

    @Test("depends on each key from outside, on their order, and on their names", arguments: CipherSuite.supported)
    func preSharedKeys(code: MLSCipherSuite) throws {
        let suite = try code.algorithms
        let first = (id: PreSharedKeyID(source: .external(id: [1]), nonce: [9]), key: secret("one"))
        let second = (id: PreSharedKeyID(source: .external(id: [2]), nonce: [9]), key: secret("two"))
        var renamed = first
        renamed.id.nonce = [8]
        let lists = [[], [first], [second], [first, second], [second, first], [renamed, second], [first, first]]
        #expect(Set(lists.map { suite.preSharedSecret($0).bytes }).count == lists.count)
        #expect(suite.preSharedSecret([]) == suite.zeroSecret)
    }

    @Test("finds keys that are in memory by their names alone")
    func source() {
        var keys = PreSharedKeys()
        let group = GroupID(bytes: [1])
        keys.set(secret("external"), externalID: [7])
        keys.set(secret("resumption"), resumptionOf: group, epoch: 3)
        #expect(keys.externalKey(id: [7]) == secret("external") && keys.externalKey(id: [8]) == nil)
        #expect(keys.resumptionKey(group: group, epoch: 3) == secret("resumption"))
        #expect(keys.resumptionKey(group: group, epoch: 4) == nil)
        #expect(keys.resumptionKey(group: GroupID(bytes: [2]), epoch: 3) == nil)
        #expect(NoPreSharedKeys().externalKey(id: [7]) == nil)
    }
}
