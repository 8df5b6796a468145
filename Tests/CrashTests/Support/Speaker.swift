import Chat
import ChatWire
import Foundation
import NIOCore
import TLSTransport

/// A device of a ``Talk``: its connection, and what it sends in every room.
final class Speaker: FrameReceiver {
    let identity: PeerIdentity
    private unowned let company: Company
    private let context: TLSContext
    private var connection: TLSConnection?
    private(set) var isGreeted = false
    /// What waits for an answer in this connection.
    private var requests: [UInt32: Request] = [:]
    private var lastRequest: UInt32 = 0
    private var seats: [RoomID: Seat] = [:]

    private enum Request {
        case parcel(RoomID, token: UInt64)
        case enter(RoomID, least: UInt64)
        case describe(Reader)
        case read(Reader)
        case fetch(Reader, BlobRef, ByteBuffer)
    }

    /// What it has to say in a room.
    private final class Seat {
        let room: Company.OpenRoom
        /// Sent or to be sent, and without an answer; in the order of sending.
        var unanswered: [Parcel] = []
        /// The last message that has its answer.
        var lastAnswered: Parcel?
        var nextMessage: UInt64
        var nextOther: UInt64
        var messagesLeft: Int
        var untilCommit: Int

        init(_ room: Company.OpenRoom, _ plan: Talk.Plan, first: UInt64) {
            self.room = room
            nextMessage = first
            nextOther = first | 1 << 63
            messagesLeft = plan.messages
            untilCommit = plan.commitEvery
        }
    }

    /// A reading of a log that goes on.
    private final class Reader {
        var reading: Reading
        let done: EventLoopPromise<Reading>
        var after: UInt64

        init(
            _ room: RoomID, by device: PeerIdentity, after: UInt64, told: Set<Ledger.Head>, on loop: any EventLoop
        ) {
            reading = Reading(room, by: device, after: after, told: told)
            done = loop.makePromise()
            self.after = after
        }
    }

    init(_ identity: PeerIdentity, in company: Company, certificates: String) throws {
        self.identity = identity
        self.company = company
        let now = UInt64(Date().timeIntervalSince1970)
        context = try TLSContext(.client, files: .client(identity, in: certificates), now: Int64(now))
        for room in company.rooms {
            let seat = Seat(room, company.plan, first: now * 1_000 * 1_024)
            seats[room.id] = seat
            if room.founder == identity, !company.isReader { seat.unanswered.append(Parcel(founding: room.id)) }
        }
    }

    var isConnected: Bool { connection != nil }
    var isSettled: Bool { seats.values.allSatisfy(\.unanswered.isEmpty) }

    // MARK: The connection

    func connect(to port: Int) {
        close()
        let receiver: any FrameReceiver = self
        let loop = company.loop
        // Whether it is there its greeting tells; a server that is killed while it starts gives none.
        TLSClient.connect(
            host: "localhost", port: port, context: context, receiver: NIOLoopBound(receiver, eventLoop: loop),
            loop: NIOLoopBound(company.tls, eventLoop: loop)
        ).whenFailure { _ in }
    }

    func close() {
        connection?.close()
        connection = nil
        isGreeted = false
    }

    func connected(_ connection: TLSConnection) {
        self.connection = connection
    }

    func violated(_ error: FrameError, on connection: TLSConnection) {
        company.ledger.complain("\(identity) was sent \(error)")
    }

    func closed(_ connection: TLSConnection, because reason: TLSCloseReason) {
        guard self.connection === connection else { return }
        self.connection = nil
        isGreeted = false
        for request in requests.values {
            switch request {
            case .describe(let reader), .read(let reader), .fetch(let reader, _, _):
                reader.done.fail(Timeout(description: "the connection of \(identity) broke while it read: \(reason)"))
            case .parcel, .enter: break
            }
        }
        requests = [:]
    }

    private func ask(_ request: Request, _ frame: (RequestID) -> ClientFrame) {
        guard let connection, isGreeted else { return }
        lastRequest &+= 1
        requests[lastRequest] = request
        var bytes = ByteBuffer()
        do {
            try frame(RequestID(lastRequest)).write(to: &bytes)
        } catch {
            company.ledger.complain("\(identity) cannot say that: \(error)")
        }
        connection.send(bytes)
    }

    // MARK: Talking

    private func greeted() {
        isGreeted = true
        requests = [:]
        for seat in seats.values {
            if seat.room.isReady { enter(seat.room.id) }
            // As if its answer had been lost too: it must be the same.
            if let parcel = seat.lastAnswered { send(parcel, seat) }
            for parcel in seat.unanswered { send(parcel, seat) }
            goOn(seat)
        }
    }

    /// Asks to be told of what is new in a room.
    func enter(_ room: RoomID) {
        ask(.enter(room, least: company.ledger.latest(in: room))) { .enter($0, room) }
        if let seat = seats[room] { goOn(seat) }
    }

    func speak(_ count: Int?) {
        for seat in seats.values {
            seat.messagesLeft = count ?? company.plan.messages
            goOn(seat)
        }
    }

    private func goOn(_ seat: Seat) {
        guard isGreeted, !company.isReader, company.isTalking, seat.room.isReady else { return }
        while seat.unanswered.count < company.plan.window, seat.messagesLeft > 0 {
            if seat.room.founder == identity, seat.untilCommit <= 0 {
                // One at a time: each ends the epoch of the one before.
                guard !seat.unanswered.contains(where: \.isCommit) else { return }
                seat.untilCommit = company.plan.commitEvery
                add(Parcel(commitOf: seat.room, token: seat.nextOther, size: company.plan.commitBytes), seat)
                seat.nextOther += 1
                continue
            }
            seat.untilCommit -= 1
            seat.messagesLeft -= 1
            let text = "\(identity) \(seat.nextMessage)"
            let filler = String(repeating: ".", count: max(0, company.plan.messageBytes - text.utf8.count))
            add(Parcel(text + filler, in: seat.room, token: seat.nextMessage), seat)
            seat.nextMessage += 1
        }
    }

    private func add(_ parcel: Parcel, _ seat: Seat) {
        seat.unanswered.append(parcel)
        send(parcel, seat)
    }

    private func send(_ parcel: Parcel, _ seat: Seat) {
        company.ledger.send(sending(seat.room.id, parcel.token), parcel.digest)
        ask(.parcel(seat.room.id, token: parcel.token), parcel.frame)
    }

    private func sending(_ room: RoomID, _ token: UInt64) -> Ledger.Sending {
        Ledger.Sending(room: room, device: identity, token: token)
    }

    // MARK: Answers

    func received(_ frame: Frame, on connection: TLSConnection) {
        guard self.connection === connection else { return }
        do {
            try take(try ServerFrame(frame))
        } catch {
            company.ledger.complain("\(identity): \(error)")
        }
    }

    private func take(_ frame: ServerFrame) throws {
        switch frame {
        case .greeting: greeted()
        case .accepted(let request, let sequence, let time):
            if case .parcel(let room, let token)? = requests.removeValue(forKey: request.number) {
                accepted(room, token, Ledger.Place(sequence: sequence, time: time))
            }
        case .entered(let request, let status):
            if case .enter(_, let least)? = requests.removeValue(forKey: request.number) {
                company.ledger.tell(status, least: least)
            }
        case .described(let request, let status):
            if case .describe(let reader)? = requests.removeValue(forKey: request.number) {
                reader.reading.status = status
                reader.after = max(reader.after, status.first - 1)
                readOn(reader)
            }
        case .entry(let entry): take(entry)
        case .readEnd(let request, _, let head): endPage(request.number, head)
        case .part(let request, let total, let bytes): take(bytes, of: total, request.number)
        case .failed(let request, let failure): failed(request.number, failure)
        case .closing(let failure) where failure.code != .shuttingDown:
            company.ledger.complain("\(identity) was sent away: \(failure.words)")
        default: break
        }
    }

    private func accepted(_ room: RoomID, _ token: UInt64, _ place: Ledger.Place) {
        company.ledger.acknowledge(sending(room, token), place)
        guard let seat = seats[room], let index = seat.unanswered.firstIndex(where: { $0.token == token }) else {
            return
        }
        let parcel = seat.unanswered.remove(at: index)
        switch parcel.kind {
        case .founding:
            let others = company.devices.filter { $0 != identity }
            add(Parcel(commitOf: seat.room, token: seat.nextOther, size: 100, adding: others), seat)
            seat.nextOther += 1
        case .commit:
            seat.room.epoch += 1
            if seat.room.epoch == 1 {
                enter(room)
                company.ready(seat.room)
            }
        case .message: seat.lastAnswered = parcel
        }
        goOn(seat)
    }

    private func failed(_ number: UInt32, _ failure: Failure) {
        switch requests.removeValue(forKey: number) {
        case .parcel(let room, let token):
            guard let seat = seats[room], let index = seat.unanswered.firstIndex(where: { $0.token == token }) else {
                return company.ledger.complain("\(identity): an answer that changed: \(failure.words)")
            }
            if failure.code == .staleEpoch, case .message(let text) = seat.unanswered[index].kind {
                // It was not taken, and nobody has its number: it is said in the present epoch.
                seat.unanswered[index] = Parcel(text, in: seat.room, token: token)
                send(seat.unanswered[index], seat)
            } else if failure.canRetry {
                let parcel = seat.unanswered[index]
                _ = company.loop.assumeIsolated().scheduleTask(in: .milliseconds(200)) { [weak self] in
                    guard let self, self.seats[room]?.unanswered.contains(where: { $0.token == token }) == true else {
                        return
                    }
                    self.send(parcel, seat)
                }
            } else {
                company.ledger.complain("\(identity) was refused: \(failure.words)")
            }
        case .describe(let reader), .read(let reader), .fetch(let reader, _, _):
            // The room is gone, or the reader is not in it.
            reader.done.succeed(reader.reading)
        case .enter, nil: company.ledger.complain("\(identity) was refused: \(failure.words)")
        }
    }

    // MARK: Reading

    func read(_ room: RoomID, after: UInt64) -> EventLoopFuture<Reading> {
        let told = company.ledger.heads[room, default: []]
        let reader = Reader(room, by: identity, after: after, told: told, on: company.loop)
        guard isGreeted else {
            reader.done.fail(Timeout(description: "\(identity) is not connected"))
            return reader.done.futureResult
        }
        ask(.describe(reader)) { .describe($0, room) }
        return reader.done.futureResult
    }

    private func readOn(_ reader: Reader) {
        ask(.read(reader)) { .read($0, reader.reading.room, after: reader.after) }
    }

    private func take(_ entry: LogEntry) {
        let reader = requests.values.lazy.compactMap { request -> Reader? in
            if case .read(let reader) = request, reader.reading.room == entry.room { reader } else { nil }
        }.first
        if let reader, entry.sequence == reader.after + 1 {
            reader.reading.append(entry)
            reader.after = entry.sequence
        } else {
            company.ledger.show(entry)
        }
    }

    private func endPage(_ number: UInt32, _ head: UInt64) {
        guard case .read(let reader)? = requests.removeValue(forKey: number) else { return }
        guard reader.after >= head else { return readOn(reader) }
        // They are the same for all readers, and may be many.
        let isFounder = seats[reader.reading.room]?.room.founder == identity
        reader.reading.keepBlobs(isFounder ? 10 : 0)
        fetchNext(reader, reader.reading.blobs.first)
    }

    /// Large payloads are fetched and compared with their hash.
    private func fetchNext(_ reader: Reader, _ blob: BlobRef?, _ begun: ByteBuffer = ByteBuffer()) {
        guard let blob else { return reader.done.succeed(reader.reading) }
        ask(.fetch(reader, blob, begun)) {
            .fetch($0, reader.reading.room, blob.hash, offset: UInt32(begun.readableBytes))
        }
    }

    private func take(_ bytes: ByteBuffer, of total: UInt32, _ number: UInt32) {
        guard case .fetch(let reader, let blob, var begun)? = requests.removeValue(forKey: number) else { return }
        begun.writeImmutableBuffer(bytes)
        if begun.readableBytes < Int(blob.size), bytes.readableBytes > 0 {
            return fetchNext(reader, blob, begun)
        }
        if begun.readableBytes != Int(total) || BlobRef(of: begun) != blob {
            company.ledger.complain("\(reader.reading.room): the payload \(blob.hash) is another one")
        }
        let rest = reader.reading.blobs.drop { $0 != blob }.dropFirst()
        fetchNext(reader, rest.first)
    }
}

@available(*, unavailable)
extension Speaker: Sendable {}
