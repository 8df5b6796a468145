import JSONText
import Testing

@Suite("JSON at random")
struct JSONRandomTests {
    /// A value of at most so many levels.
    private func value(_ depth: Int, _ random: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .int(Int(truncatingIfNeeded: random.next()) >> Int.random(in: 0..<64, using: &random))
        case 3:
            let number = Double(bitPattern: random.next())
            return .number(number.isFinite ? number : 0.1)
        case 4, 5: return .string(text(&random))
        case 6:
            return .array((0..<Int.random(in: 0...5, using: &random)).map { _ in value(depth - 1, &random) })
        default:
            let count = Int.random(in: 0...20, using: &random)
            return .object(JSONFields((0..<count).map { ("\($0)" + text(&random), value(depth - 1, &random)) }))
        }
    }

    private func text(_ random: inout SeededGenerator) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let limit: UInt32 = [0x80, 0x100, 0x3000, 0x11_0000].randomElement(using: &random) ?? 0x80
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) { text.append(scalar) }
        }
        return String(text)
    }

    private func isSame(_ written: JSON, _ read: JSONNode) -> Bool {
        switch (written, read.value) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .number): read.int == left
        case (.number(let left), .number): read.double == left
        case (.string(let left), .string(let right)): left.unicodeScalars.elementsEqual(right.unicodeScalars)
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { isSame($0, $1) }
        case (.object(let left), .object(let right)):
            left.all.count == right.count
                && zip(left.all, right).allSatisfy { $0.name == $1.name && isSame($0.value, $1.value) }
        default: false
        }
    }

    @Test("what is written, in either form, is read back as the same")
    func roundTrip() throws {
        var random = SeededGenerator(1)
        for _ in 0..<1_000 {
            let value = value(4, &random)
            #expect(isSame(value, try JSONNode(parsing: value.compact)), "\(value.compact)")
            #expect(isSame(value, try JSONNode(parsing: value.pretty)), "\(value.compact)")
            #expect(!value.compact.contains("\n"))
        }
    }

    @Test("a text that was damaged is read or refused at a place in it, in bounded time")
    func mutations() throws {
        var random = SeededGenerator(2)
        let signs = Array("{}[]\",:\\u0d8cE+-.truefalsenull \n\t\0".utf8) + [0x80, 0xC2, 0xE2, 0xED, 0xF4, 0xFF]
        let clock = ContinuousClock()
        var (read, refused) = (0, 0)
        var slowest = Duration.zero
        for _ in 0..<1_500 {
            var bytes = Array(value(4, &random).pretty.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.insert(signs.randomElement(using: &random) ?? 0, at: place)
                case 1 where place < bytes.count: bytes[place] = signs.randomElement(using: &random) ?? 0
                case 2 where place < bytes.count: bytes.remove(at: place)
                case 3 where bytes.count > 3: bytes.removeSubrange(min(place, bytes.count - 2)...)
                default: break
                }
            }
            let start = clock.now
            do throws(JSONTextError) {
                _ = try JSONNode(parsing: bytes)
                read += 1
            } catch {
                refused += 1
                let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
                #expect((1...lines.count).contains(error.line))
                #expect(error.column >= 1 && error.column <= lines[error.line - 1].count + 1)
            }
            slowest = max(slowest, start.duration(to: clock.now))
        }
        #expect(read > 0 && refused > 500)
        #expect(slowest < .seconds(5))
    }

    @Test("bytes at random are never read past their end")
    func noise() {
        var random = SeededGenerator(3)
        let signs = Array("{{[[\"\"::,,\\u01truefalsenull-1.e ".utf8)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...24, using: &random)
            let bytes = (0..<count).map { _ in signs.randomElement(using: &random) ?? 0 }
            _ = try? JSONNode(parsing: bytes)
        }
    }
}
