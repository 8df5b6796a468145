import TLSWire
import Testing

@Suite("Hostile extensions") struct HostilityTests {
    private static let known: [Int] =
        Array(0...62) + [13172, 17513, 17613, 30031, 65037, 65281, 65445, 0x0A0A]

    @Test("whatever stands in an extension, the others are there, and nothing traps")
    func content() throws {
        var generator = WireGenerator(seed: 23)
        var sound = 0
        var faulty = 0
        let last = HelloBytes.extension(0x1234, [1, 2, 3])
        for round in 0..<60 {
            for type in Self.known {
                let count = Int.random(in: 0...40, using: &generator)
                let limit: UInt8 = round % 3 == 0 ? 255 : 5
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...limit, using: &generator) }
                let list = HelloBytes.extension(type, bytes) + last
                let client = try ClientHello(decoding: HelloBytes.client(extensions: list)).extensions
                let server = try ServerHello(decoding: HelloBytes.server(extensions: list)).extensions
                for extensions in [client, server] {
                    #expect(extensions.types == [UInt16(type), 0x1234])
                    #expect(extensions.list.last?.problem == nil)
                    if extensions.fault == nil { sound += 1 } else { faulty += 1 }
                    for one in extensions.list {
                        #expect(one.content.words.allSatisfy { $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } })
                    }
                }
            }
        }
        #expect(sound > 1_000 && faulty > 1_000)
    }

    @Test("a hello changed in many places at once never traps")
    func mutations() {
        var generator = WireGenerator(seed: 29)
        let whole = HelloBytes.client()
        var read = 0
        for _ in 0..<4_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                guard let place = bytes.indices.randomElement(using: &generator) else { break }
                switch Int.random(in: 0...2, using: &generator) {
                case 0: bytes[place] = .random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(.random(in: 0...255, using: &generator), at: place)
                }
            }
            if let hello = try? ClientHello(decoding: bytes) {
                read += 1
                _ = hello.bestVersion
                _ = hello.extensions.list.map(\.content.words)
            }
            _ = try? ServerHello(decoding: bytes)
        }
        #expect(read > 500)
    }
}
