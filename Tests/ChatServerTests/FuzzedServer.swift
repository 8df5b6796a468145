import Chat
import ChatServer
import ChatWire
import NIOCore

/// What `scripts/fuzz` does with the target ChatServer; `Tests/Fuzz` has a link to this file.
extension FuzzedDecoder {
    static let server: [FuzzedDecoder] = [
        FuzzedDecoder("Shard.receive") { try FuzzedServer.run($0) }
    ]
}

/// A server of two event loops, and what four connections do to it. An input is a program, a byte for each step:
///
///     0x00…0x7F   uint8 type; uint16 length; opaque body[length], as much of it as there is: a frame
///     0x80…0x8F   all comes to rest
///     0x90…0x9F   the connection is cut, and opened anew
///     0xA0…0xAF   a second passes
///     0xB0…0xBF   the device is revoked
///
/// Its last two bits say which connection.
///
/// Each whole frame must get one answer, unless the server ends the connection; and nothing may be left of connections that are gone.
final class FuzzedServer {
    struct Refusal: Error {}

    private struct Connection {
        var slot: Int?
        var isHeld = false
        var assembler = FrameAssembler()
        /// Requests less answers.
        var open = 0
    }

    static let devices = ["alice/laptop", "alice/phone", "bob/laptop", "carol/laptop"]
    static let start: UInt64 = 1_790_000_000_000

    private let premises: Premises
    private var shards: [Shard]
    private var time = FuzzedServer.start
    private let identities: [PeerIdentity]
    private var connections: [Connection]
    /// Whether the server ended a connection or refused a request.
    private var hasRefused = false
    private var stored = ServerRecords()

    private init() {
        var limits = ServerLimits()
        limits.sessionsPerDevice = 1
        limits.roomsPerSession = 2
        limits.roomsFoundedPerDevice = 3
        limits.listBurst = 4
        limits.unanswered = 3
        limits.keyPackagesPerDevice = 4
        limits.fewKeyPackages = 2
        limits.claimBurst = 4
        limits.welcomesPerDevice = 2
        limits.devicesPerRoom = 3
        limits.formerDevicesPerRoom = 1
        limits.entriesPerRoom = 10
        limits.entriesPerSegment = 4
        limits.tailBytes = 512
        limits.bytesPerRoom = 4_096
        limits.tokensPerDevice = 4
        limits.pastEpochs = 1
        limits.voidedCommits = 1
        limits.stagedBytes = 4_096
        limits.roomBytes = 8_192
        limits.markDelay = 500
        limits.welcomeBytes = 4_096
        let premises = Premises(limits: limits)
        self.premises = premises
        shards = (0..<2).map { Shard(index: $0, count: 2, premises: premises) }
        identities = Self.devices.compactMap { PeerIdentity($0) }
        connections = identities.map { _ in Connection() }
        for shard in shards.indices {
            shards[shard].now = Timestamp(milliseconds: time)
            shards[shard].sign = { _ in [1] }
        }
        for number in identities.indices { open(number) }
    }

    /// - Throws: if a request was refused, so that the tests can tell.
    static func run(_ input: [UInt8]) throws -> [UInt8] {
        let server = FuzzedServer()
        var rest = input[...]
        while let step = rest.popFirst() {
            let number = Int(step & 3)
            switch step >> 4 {
            case 0..<8:
                guard let type = rest.popFirst(), let high = rest.popFirst(), let low = rest.popFirst() else { break }
                let length = Int(high) << 8 | Int(low)
                server.receive([type] + rest.prefix(length), from: number)
                rest = rest.dropFirst(length)
            case 8: server.settle()
            case 9:
                server.close(number)
                server.open(number)
            case 10: server.pass()
            case 11: server.revoke(number)
            default: break
            }
        }
        server.pass()
        server.settle()
        server.finish()
        if server.hasRefused { throw Refusal() }
        return input
    }

    // MARK: Connections

    /// Those with even numbers live on one loop, the others on the other.
    private func loop(_ number: Int) -> Int { number % 2 }

    private func open(_ number: Int) {
        connections[number] = Connection(slot: shards[loop(number)].open(identities[number]))
        if connections[number].slot == nil { fatalError("\(identities[number]) has a session that is gone") }
    }

    private func close(_ number: Int) {
        guard let slot = connections[number].slot else { return }
        connections[number].slot = nil
        shards[loop(number)].close(slot)
    }

    private func receive(_ content: [UInt8], from number: Int) {
        if connections[number].isHeld { pass() }
        if connections[number].isHeld { settle() }
        guard let slot = connections[number].slot else { return }
        if connections[number].isHeld { fatalError("nothing is under way, and nothing is read") }
        var bytes = ByteBuffer(integer: UInt32(content.count))
        bytes.writeBytes(content)
        guard let frame = try? Frame.next(from: &bytes) else { fatalError("a frame of \(content.count) bytes") }
        // A type that no frame has is answered too.
        if let whole = try? connections[number].assembler.take(frame) {
            do {
                _ = try ClientFrame(whole)
                connections[number].open += 1
            } catch {
                if case .unknownType = error { connections[number].open += 1 }
            }
        }
        shards[loop(number)].receive(frame, from: slot)
    }

    // MARK: Time

    private func settle() {
        var isMoving = true
        while isMoving {
            isMoving = false
            for loop in shards.indices { if endTick(of: loop) { isMoving = true } }
            for from in shards.indices {
                for to in shards.indices {
                    for message in shards[from].takeMessages(for: to) {
                        shards[to].receive(message)
                        isMoving = true
                    }
                }
            }
        }
    }

    private func endTick(of loop: Int) -> Bool {
        let actions = shards[loop].takeActions()
        stored.carryOut(shards[loop].takeWrites())
        for action in actions {
            switch action {
            case .send(let slot, let bytes): if let number = number(slot, loop) { deliver(bytes, to: number) }
            case .close(let slot, _):
                hasRefused = true
                if let number = number(slot, loop) { close(number) }
            case .hold(let slot): if let number = number(slot, loop) { connections[number].isHeld = true }
            case .resume(let slot): if let number = number(slot, loop) { connections[number].isHeld = false }
            case .load(let number, let load): shards[loop].loaded(number, stored.find(load))
            case .warn, .event: break
            }
        }
        return !actions.isEmpty
    }

    private func number(_ slot: Int, _ loop: Int) -> Int? {
        connections.indices.first { self.loop($0) == loop && connections[$0].slot == slot }
    }

    private func deliver(_ bytes: ByteBuffer, to number: Int) {
        var bytes = bytes
        do {
            while let frame = try Frame.next(from: &bytes) {
                switch try ServerFrame(frame) {
                case .entered, .accepted, .described, .packages, .stocked, .part, .online, .pong, .readEnd, .done:
                    connections[number].open -= 1
                case .failed:
                    connections[number].open -= 1
                    hasRefused = true
                case .greeting, .entry, .welcome, .stockLow, .newDevice, .closing: break
                }
            }
        } catch {
            fatalError("the server sent \(error)")
        }
        if bytes.readableBytes > 0 { fatalError("the server sent part of a frame") }
    }

    private func pass() {
        settle()
        time += 1_000
        for shard in shards.indices { shards[shard].now = Timestamp(milliseconds: time) }
    }

    private func revoke(_ number: Int) {
        for loop in shards.indices { shards[loop].revoke(identities[number]) }
    }

    // MARK: The end

    private func finish() {
        for (number, connection) in connections.enumerated() where connection.slot != nil && connection.open != 0 {
            fatalError("\(identities[number]) has asked \(connection.open) times more than it was answered")
        }
        for number in connections.indices { close(number) }
        settle()
        if premises.online.count != 0 { fatalError("\(premises.online.count) devices are still online") }
        if premises.staged.used != 0 { fatalError("\(premises.staged.used) bytes of frames are kept") }
    }
}
