import Testing

@testable import TLSMonitor

@Suite("The ledger") struct LedgerTests {
    /// Damages packets in every way that a network, a capture or an attacker may.
    static func damage(_ packets: [TestPacket], _ generator: inout SeededGenerator) -> [TestPacket] {
        var packets = packets
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            guard !packets.isEmpty else { break }
            let place = Int.random(in: packets.indices, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: packets.remove(at: place)
            case 1: packets.insert(packets[place], at: Int.random(in: 0...packets.count, using: &generator))
            case 2: packets.swapAt(place, Int.random(in: packets.indices, using: &generator))
            case 3:
                packets[place].bytes.removeLast(Int.random(in: 0...packets[place].bytes.count, using: &generator))
            case 4:
                packets[place].bytes += generator.bytes(Int.random(in: 0...40, using: &generator))
            default:
                guard !packets[place].bytes.isEmpty else { continue }
                // Headers and beginnings are worth more than what follows.
                let limit = Bool.random(using: &generator) ? packets[place].bytes.count : 90
                let byte = Int.random(in: 0..<min(limit, packets[place].bytes.count), using: &generator)
                let values: [UInt8] = [0, 1, 22, 23, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &generator)]
                packets[place].bytes[byte] = values.randomElement(using: &generator) ?? 0
            }
        }
        return packets
    }

    @Test("balances whatever happens to the packets", arguments: 0..<12 as Range<UInt64>)
    func balances(seed: UInt64) {
        var generator = SeededGenerator(seed)
        for round in 0..<Effort.rounds(12) {
            let talk = Talk.clean(seed: UInt64(round))
            let wrapping = Wrapping.allCases[round % Wrapping.allCases.count]
            let seen = Observation(Self.damage(Connection.whole(talk, wrapping), &generator), markers: ["meet at noon"])
            #expect(seen.balances, "seed \(seed), round \(round)")
            #expect(!seen.says("error in this program"), "seed \(seed), round \(round)")
            if seen.verdict == .proven { #expect(seen.report.ledger.unaccounted == 0) }
        }
    }

    @Test("gives each byte to one class") func classes() {
        let talk = Talk.clean().inserting(.client(Wire.record(21, [2, 40])), at: 5)
        let seen = Observation(talk)
        let hellos = talk.turns[0].bytes.count + talk.turns[1].bytes.count
        #expect(seen.report.ledger.handshake == hellos)
        #expect(seen.report.ledger.changeCipherSpec == 12)
        #expect(seen.report.ledger.alert == 7)
        #expect(seen.report.ledger.total == talk.turns.reduce(0) { $0 + $1.bytes.count })
    }

    @Test("counts what is no TLS as unaccounted") func foreign() {
        let words = Array("only words, no records".utf8)
        let seen = Observation(Talk(turns: [.client(words), .server(words), .client(words)]))
        #expect(seen.report.ledger.unaccounted == 3 * words.count)
        #expect(seen.verdict == .refuted)
    }
}
