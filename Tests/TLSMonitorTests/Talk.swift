import TLSMonitor

/// What two parties say, turn by turn: the bytes of their streams.
struct Talk {
    struct Turn {
        var direction: FlowDirection
        var bytes: [UInt8]

        static func client(_ bytes: [UInt8]) -> Turn { Turn(direction: .clientToServer, bytes: bytes) }
        static func server(_ bytes: [UInt8]) -> Turn { Turn(direction: .serverToClient, bytes: bytes) }
    }

    var turns: [Turn]

    /// Where in ``clean(seed:)`` the turns are.
    static let serverHello = 1
    static let clientKeys = 6
    static let firstData = 8

    /// A TLS 1.3 connection as it should be. Its ciphertext is the generator's.
    static func clean(seed: UInt64 = 1) -> Talk {
        var generator = SeededGenerator(seed)
        func protected(_ count: Int) -> [UInt8] { Wire.record(23, generator.bytes(count)) }
        return Talk(turns: [
            .client(Wire.record(22, Wire.clientHello(), version: 0x0301)),
            .server(Wire.record(22, Wire.serverHello())), .server(Wire.changeCipherSpec),
            .server(protected(27)), .server(protected(1_890)), .client(Wire.changeCipherSpec),
            .client(protected(1_100)),
            .server(protected(250)), .client(protected(310)), .server(protected(290)), .client(protected(17)),
            .server(protected(16_640)), .client(protected(500)), .client(protected(19)), .server(protected(19)),
        ])
    }

    func stream(_ direction: FlowDirection) -> [UInt8] {
        turns.filter { $0.direction == direction }.flatMap(\.bytes)
    }

    func inserting(_ turns: Turn..., at place: Int) -> Talk {
        var talk = self
        talk.turns.insert(contentsOf: turns, at: place)
        return talk
    }

    func replacing(_ place: Int, with turn: Turn) -> Talk {
        var talk = self
        talk.turns[place] = turn
        return talk
    }
}
