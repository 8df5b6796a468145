import Chat
import ChatWire
import NIOCore

/// A client's end of a connection: it holds what comes against the rules.
final class SimulatedSession {
    let connection: SimulatedConnection
    let device: SimulatedDevice
    private let truth: Truth
    /// As far as the device had seen rooms when this connection began: the server may not be behind that.
    private let floor: [RoomID: SimulatedDevice.Place]
    /// The rooms that it has entered, with the latest place that it was told of.
    private(set) var inside: [RoomID: SimulatedDevice.Place] = [:]
    /// What was asked and not answered, by room, in order.
    private var pending: [RoomID?: [Question]] = [:]
    private var rooms: [RequestID: RoomID?] = [:]
    private var latestRequest: UInt32 = 0
    /// The welcomes that were taken when this connection began.
    private let taken: Set<UInt64>

    struct Question {
        enum What {
            case enter, look, plain
            case read(after: UInt64, life: Int)
            case outgoing(Outgoing.Kind, UInt64)
            case takeWelcome(UInt64)
            case fetch(BlobRef)
        }
        var request: RequestID
        var what: What
    }

    init(_ connection: SimulatedConnection, of device: SimulatedDevice, truth: Truth) {
        self.connection = connection
        self.device = device
        self.truth = truth
        floor = device.seen
        taken = device.taken
    }

    var id: ObjectIdentifier { ObjectIdentifier(self) }
    var pendingCount: Int { rooms.count }
    var isInside: Bool { !inside.isEmpty }

    func ask(_ what: Question.What, about room: RoomID?, _ make: (RequestID) -> ClientFrame) throws {
        latestRequest += 1
        let request = RequestID(latestRequest)
        var bytes = ByteBuffer()
        try make(request).write(to: &bytes)
        while let frame = try Frame.next(from: &bytes) { connection.requests.append(frame) }
        pending[room, default: []].append(Question(request: request, what: what))
        rooms[request] = .some(room)
        if case .outgoing(_, let token) = what, let room { connection.asked[request] = (room, token) }
    }

    // MARK: What comes

    func take(_ delivery: Delivery) throws {
        switch delivery {
        case .entry(let room, let life, let sequence):
            try take(SimulatedDevice.Place(life: life, sequence: sequence), of: room)
        case .page(let request, let room, let life, let sequences, let head):
            try take(sequences, life: life, head: head, of: room, try question(request))
        case .status(let request, let status, let life): try take(status, life: life, try question(request))
        case .frame(.welcome(let notice)):
            if taken.contains(notice.id) {
                throw Violation(.welcomes, "\(device.identity) is told of welcome \(notice.id), which it has taken")
            }
            device.note(notice)
        case .frame(let frame):
            guard let request = frame.request else { return }
            try take(frame, try question(request))
        }
    }

    /// What this answers: of a room, the earliest that has no answer.
    private func question(_ request: RequestID) throws -> (Question, RoomID?) {
        guard let room = rooms.removeValue(forKey: request) else {
            throw Violation(.answers, "\(device.identity) gets an answer that it has, or asked nothing for: \(request)")
        }
        guard let first = pending[room]?.first, first.request == request else {
            throw Violation(
                .answers, "\(device.identity) gets the answer to \(request) before another about the same room")
        }
        pending[room]?.removeFirst()
        return (first, room)
    }

    /// An entry that came unasked.
    private func take(_ place: SimulatedDevice.Place, of room: RoomID) throws {
        guard let told = truth.rooms[room]?[place.life][place.sequence] else { return }
        if inside[room] == nil {
            // Whoever is back is told, though it has not entered.
            guard told.entry.kind == .voided else {
                throw Violation(
                    .noGap,
                    "\(device.identity) gets entry \(place.sequence) of room \(room.low), which it has not entered")
            }
        } else {
            try goOn(to: place, in: room)
        }
        device.see(place, of: room)
    }

    private func goOn(to place: SimulatedDevice.Place, in room: RoomID) throws {
        guard let at = inside[room] else { return }
        guard at.life == place.life, place.sequence == at.sequence + 1 else {
            throw Violation(.noGap, "\(device.identity) gets entry \(place) of room \(room.low) after \(at)")
        }
        let isStill = truth.rooms[room]?[place.life][place.sequence]?.routed[device.identity] != nil
        inside[room] = isStill ? place : nil
    }

    private func take(_ status: RoomStatus, life: Int, _ asked: (question: Question, room: RoomID?)) throws {
        guard asked.room == status.room else { throw Violation(.answers, "another room is described") }
        let place = SimulatedDevice.Place(life: life, sequence: status.head)
        if let floor = floor[status.room], place < floor {
            throw Violation(.acknowledged, "room \(status.room.low) is said to be at \(place), and was at \(floor)")
        }
        guard case .enter = asked.question.what else { return }
        if let at = inside[status.room], at != place {
            throw Violation(
                .noGap, "\(device.identity) was told \(at) of room \(status.room.low), and enters at \(place)")
        }
        inside[status.room] = place
        device.see(place, of: status.room)
    }

    private func take(
        _ sequences: Range<UInt64>, life: Int, head: UInt64, of room: RoomID,
        _ asked: (question: Question, room: RoomID?)
    ) throws {
        guard asked.room == room, case .read(let after, _) = asked.question.what, let truth = truth.rooms[room]?[life]
        else {
            throw Violation(.answers, "a page of another room")
        }
        guard let last = sequences.last else {
            guard after >= head else {
                throw Violation(
                    .noGap, "room \(room.low) is at \(head), and \(device.identity) gets nothing after \(after)")
            }
            return
        }
        guard let first = sequences.first, first > after, truth.skips(to: first, after: after, for: device.identity)
        else {
            throw Violation(
                .noGap,
                "\(device.identity) gets entries from \(sequences.lowerBound) on after \(after) of room \(room.low)")
        }
        device.read(SimulatedDevice.Place(life: life, sequence: last), of: room)
    }

    private func take(_ frame: ServerFrame, _ asked: (question: Question, room: RoomID?)) throws {
        switch (asked.question.what, frame) {
        case (.outgoing(let kind, let token), .accepted(_, let sequence, _)):
            try accepted(sequence, kind, token, in: asked.room)
        case (.outgoing(let kind, let token), .failed(_, let failure)):
            guard let room = asked.room else { return }
            try device.refused(kind, token, in: room, failure)
        case (.enter, .failed(_, let failure)):
            if let room = asked.room, inside[room] != nil, !failure.canRetry {
                throw Violation(
                    .members, "\(device.identity) is in room \(room.low), and may not enter: \(failure.words)")
            }
        case (.read(let after, let life), .failed(_, let failure)):
            guard failure.code == .tooOld, let room = asked.room, truth.rooms[room]?.count == life + 1 else { return }
            try device.skipDropped(room, after: after)
        case (.takeWelcome(let id), .done): try device.hasTaken(id)
        case (.fetch(let blob), .part(_, let total, let bytes)):
            let isWhole = bytes.readableBytes == Int(total)
            guard total == blob.size, isWhole ? Digest(of: bytes) == blob.hash : bytes.readableBytes == 60_000 else {
                throw Violation(.sameForAll, "another blob than the one that was asked for")
            }
        default: break
        }
    }

    private func accepted(_ sequence: UInt64, _ kind: Outgoing.Kind, _ token: UInt64, in room: RoomID?) throws {
        guard let room, let lives = truth.rooms[room] else { return }
        let life = lives.lastIndex { truth in
            guard let entry = truth[sequence]?.entry else { return false }
            return entry.sender == device.identity && entry.token == token
        }
        guard let life else { throw Violation(.acknowledged, "an entry that was acknowledged is not there") }
        let place = SimulatedDevice.Place(life: life, sequence: sequence)
        // A repetition gets the place that the first one has.
        if let at = inside[room] {
            guard at < place || device.attempts(kind, token, in: room) > 1 else {
                throw Violation(
                    .noGap, "\(device.identity) gets its own entry \(sequence) of room \(room.low) before the answer")
            }
            if at < place { try goOn(to: place, in: room) }
        }
        device.accepted(kind, token, place, in: room)
    }
}
