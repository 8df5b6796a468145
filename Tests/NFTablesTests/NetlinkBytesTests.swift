import Firewall
import Testing

@testable import NFTables

/// Whatever comes as an answer, reading it ends and stays inside. The parts are internal, so this sees the target from inside.
@Suite("netlink's bytes")
struct NetlinkBytesTests {
    /// Everything that reads answers.
    private func read(_ bytes: [UInt8]) -> Int {
        var found = 0
        for message in NetlinkMessages(bytes[...]) {
            found += 1
            if NetlinkAcknowledgement(message) != nil { found += 1 }
            if KernelReply.generation(message) != nil { found += 1 }
            if KernelReply.tableFlags(message) != nil { found += 1 }
            if KernelReply.counter(message) != nil { found += 1 }
            if KernelReply.set(message) != nil { found += 1 }
            if KernelReply.chain(message) != nil { found += 1 }
            if KernelReply.rule(message) != nil { found += 1 }
            if let elements = KernelReply.elements(message) {
                found += KernelReply.pair(elements, of: NamedSet("four", key: .address(.ipv4))).count
            }
            for attribute in message.attributes {
                found += attribute.text.utf8.count + attribute.nested.reduce(0) { $0 + $1.value.count }
                found += Int(attribute.uint16 ?? 0) & 1 + Int(truncatingIfNeeded: attribute.uint64 ?? 0) & 1
            }
        }
        return found
    }

    @Test("at random are read without harm")
    func random() {
        var generator = SplitMix(state: 7)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...200, using: &generator)
            _ = read((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
    }

    @Test("of real messages, damaged or cut anywhere, are read without harm", arguments: 0..<Self.messages.count)
    func damaged(index: Int) {
        let whole = Self.messages[index]
        #expect(read(whole) > 1)
        for count in 0..<whole.count { _ = read(Array(whole.prefix(count))) }
        var generator = SplitMix(state: UInt64(index))
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                // Lengths and types are where harm would be done: small numbers and large ones, more often than others.
                let values: [UInt8] = [0, 1, 3, 4, 5, 16, 127, 128, 255, UInt8.random(in: 0...255, using: &generator)]
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = values.randomElement(using: &generator) ?? 0
            }
            _ = read(bytes)
        }
    }

    @Test("that nest without end are read to their end")
    func nested() {
        var writer = NetlinkWriter()
        func nest(_ depth: Int, _ writer: inout NetlinkWriter) {
            if depth > 0 { writer.nest(1) { nest(depth - 1, &$0) } }
        }
        writer.message(type: 0xA0C, flags: 0, sequence: 1, family: 1) { nest(1000, &$0) }
        #expect(read(writer.bytes) > 0)
    }

    @Test("of a message whose length is wrong end there", arguments: [0, 1, 15, 17, 0xFFFF_FFFF] as [UInt32])
    func lengths(length: UInt32) {
        var bytes = [UInt8](repeating: 0, count: 16)
        withUnsafeBytes(of: length) { for (index, byte) in $0.enumerated() { bytes[index] = byte } }
        #expect(NetlinkMessages(bytes[...]).map(\.type).isEmpty)
        #expect(NetlinkMessages([UInt8](repeating: 0, count: 15)[...]).map(\.type).isEmpty)
    }

    @Test("of numbers of another size are no numbers")
    func sizes() {
        for count in 0...9 {
            var writer = NetlinkWriter()
            writer.attribute(5, [UInt8](repeating: 1, count: count))
            let attribute = NetlinkAttributes(writer.bytes[...]).first { _ in true }
            #expect(attribute?.type == 5)
            #expect((attribute?.uint16 != nil) == (count == 2))
            #expect((attribute?.uint32 != nil) == (count == 4))
            #expect((attribute?.uint64 != nil) == (count == 8))
        }
    }

    @Test("tell which message of a batch belongs to which operation")
    func places() throws {
        var encoder = TransactionEncoder(writer: NetlinkWriter(), sequence: .max - 2, generation: nil)
        let set = NamedSet("four", key: .address(.ipv4))
        try encoder.add(.addCounter("c_one"))
        try encoder.add(.addElements(set: set, (0..<1000).map { .init(IPAddress(ipv4: $0)) }))
        try encoder.add(.addElements(set: set, []))
        try encoder.add(.deleteTable)
        encoder.finish()
        func place(_ offset: UInt32) -> Int? {
            switch encoder.numbers.place(of: (.max - 2) &+ offset) {
            case .frame: -1
            case .operation(let index): index
            case nil: nil
            }
        }
        #expect((0...7).map { place($0) } == [-1, 0, 1, 1, 1, 3, -1, nil])
        #expect(place(.max) == nil)
    }

    /// One of each kind that is read.
    private static let messages: [[UInt8]] = {
        func message(_ type: UInt16, _ body: (inout NetlinkWriter) -> Void) -> [UInt8] {
            var writer = NetlinkWriter()
            writer.message(type: 0xA00 | type, flags: 0, sequence: 1, family: 1, body)
            return writer.bytes
        }
        let element = NamedSet.Element([1, 2, 3, 4], timeout: 5, verdict: .jump("other"))
        return [
            message(0) {
                $0.attribute(1, text: "conclave")
                $0.attribute(2, UInt32(6))
            },
            message(3) {
                $0.attribute(1, text: "conclave")
                $0.attribute(3, text: "input")
                $0.nest(4) { $0.attribute(1, UInt32(1)) }
            },
            message(6) {
                $0.attribute(1, text: "conclave")
                $0.attribute(2, text: "input")
                $0.nest(4) { $0.nest(1) { $0.attribute(1, text: "cmp") } }
            },
            message(9) {
                $0.attribute(1, text: "conclave")
                $0.attribute(2, text: "four")
                $0.attribute(3, UInt32(4))
            },
            message(12) {
                $0.attribute(1, text: "conclave")
                $0.nest(3) {
                    $0.element(key: element.first, timeout: element.timeout, verdict: element.verdict)
                    $0.element(key: [1, 2, 3, 5], isEnd: true)
                }
            },
            message(15) { $0.attribute(1, UInt32(77)) },
            message(18) {
                $0.attribute(1, text: "conclave")
                $0.attribute(2, text: "c_one")
                $0.nest(4) {
                    $0.attribute(1, UInt64(1))
                    $0.attribute(2, UInt64(2))
                }
            },
        ]
    }()
}

/// The same numbers every time.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
