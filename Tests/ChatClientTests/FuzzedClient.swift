import ChatClient
import ChatWire
import Crypto
import MLS
import NIOCore
import TLSSyntax

/// What `scripts/fuzz` does with the decoders and the session of the target ChatClient; `Tests/Fuzz` has links to this file and to those
/// that it needs.
extension FuzzedDecoder {
    static let client: [FuzzedDecoder] = [
        FuzzedDecoder("MessageContent") { try MessageContent(bytes: $0).encoded() },
        FuzzedDecoder("StoredMessage") { try StoredMessage(bytes: $0).encoded() },
        FuzzedDecoder("KnownDevice") { try FuzzedClient.knownDevice($0) },
        FuzzedDecoder("EpochTag") { try EpochTag(authenticatedData: $0).authenticatedData },
        FuzzedDecoder("LockedMasterKey") { try FuzzedClient.keyFile($0) },
        FuzzedDecoder("ClientSession.restore") { try FuzzedClient.shared.restore($0) },
        FuzzedDecoder("ClientSession.receive") { try FuzzedClient.shared.receive($0) },
    ]
}

/// A device whose server or store means harm.
struct FuzzedClient: Sendable {
    /// The input was refused, as it should be.
    struct Refusal: Error {}

    static let shared: FuzzedClient = {
        do { return try FuzzedClient() } catch { fatalError("the scene of the fuzzer cannot be set: \(error)") }
    }()

    /// What bob's store holds before he is in a room, and when he is in one.
    let stages: [FuzzedStage]

    init() throws {
        let talk = try FuzzedTalk()
        stages = [try talk.before(), try talk.amid()]
    }

    // MARK: Records

    static func knownDevice(_ input: [UInt8]) throws -> [UInt8] {
        let device = try SyntaxReader.read(input) { (reader) throws(SyntaxError) in try KnownDevice(from: &reader) }
        var bytes: [UInt8] = []
        try device.write(to: &bytes)
        return bytes
    }

    /// A key file without its sum.
    static func keyFile(_ input: [UInt8]) throws -> [UInt8] {
        let file = SymmetricKey(data: input + SHA256.hash(data: input))
        return try LockedMasterKey(decoding: file, path: "key").encoded.bytes.dropLast(SHA256.byteCount)
    }

    /// Two bytes of length, the room's record; the same again, a message that is to be sent; and a commit whose fate is open. What is
    /// empty is left as it is.
    func restore(_ input: [UInt8]) throws -> [UInt8] {
        var rest = input[...]
        func part() -> [UInt8] {
            guard let high = rest.popFirst(), let low = rest.popFirst() else { return [] }
            let part = Array(rest.prefix(Int(high) << 8 | Int(low)))
            rest = rest.dropFirst(part.count)
            return part
        }
        guard let stage = stages.last, let key = stage.record(in: .rooms)?.key else { throw Refusal() }
        let (room, item) = (part(), part())
        var changes: [RecordWrite] = []
        if !room.isEmpty { changes.append(RecordWrite(.rooms, key, SymmetricKey(data: room))) }
        if !item.isEmpty {
            changes.append(RecordWrite(.outbox, key + [UInt8](repeating: 1, count: 8), SymmetricKey(data: item)))
        }
        if !rest.isEmpty { changes.append(RecordWrite(.staged, key, SymmetricKey(data: Array(rest)))) }
        let bob = try FuzzedBob(stage, changes)
        bob.connect()
        bob.hearAll()
        bob.finish()
        return input
    }

    // MARK: The server

    /// A stage, and then steps:
    ///
    ///     0x00…0x3F   so many more frames as they came
    ///     0x40…0x5F   the next one, with so many changes: a place of two bytes, and what the byte there is combined with
    ///     0x60…0x6F   uint8 type; uint16 length; opaque body[length], as much of it as there is: a frame
    ///     0x70…0x77   a frame is lost
    ///     0x78…0x7F   the last frame comes again
    ///     0x80…0x8F   time passes
    ///     0x90…0x9F   the connection is cut, and opened anew
    ///     0xA0…0xBF   bob types a line
    ///     0xC0…0xDF   the program begins anew
    ///     0xE0…       uint16 length; opaque content[length], as much of it as there is: alice says this, inside the encryption
    func receive(_ input: [UInt8]) throws -> [UInt8] {
        var rest = input.dropFirst()
        let bob = try FuzzedBob(stages[Int(input.first ?? 0) % stages.count], [])
        bob.connect()
        while let step = rest.popFirst() {
            switch step {
            case 0..<0x40: for _ in 0...step { bob.hearNext() }
            case 0x40..<0x60:
                var changes: [(Int, UInt8)] = []
                for _ in 0...(step & 0x1F) {
                    guard let high = rest.popFirst(), let low = rest.popFirst(), let change = rest.popFirst() else {
                        break
                    }
                    changes.append((Int(high) << 8 | Int(low), change))
                }
                bob.hearNext(changes)
            case 0x60..<0x70:
                guard let type = rest.popFirst(), let high = rest.popFirst(), let low = rest.popFirst() else { break }
                let length = Int(high) << 8 | Int(low)
                bob.hear([type] + rest.prefix(length))
                rest = rest.dropFirst(length)
            case 0x70..<0x78: bob.skip()
            case 0x78..<0x80: bob.hearAgain()
            case 0x80..<0x90: bob.pass(UInt64(step & 0xF) * 700 + 50)
            case 0x90..<0xA0:
                bob.cut()
                bob.connect()
            case 0xA0..<0xC0: bob.type(FuzzedTalk.lines[Int(step & 0x1F) % FuzzedTalk.lines.count])
            case 0xC0..<0xE0:
                try bob.restart()
                bob.connect()
            default:
                guard let high = rest.popFirst(), let low = rest.popFirst() else { break }
                let length = Int(high) << 8 | Int(low)
                bob.hearAlice(Array(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
        }
        bob.finish()
        if bob.wasCutOff { throw Refusal() }
        return input
    }
}
