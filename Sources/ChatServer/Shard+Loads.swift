import Chat
import ChatWire
import NIOCore

/// What a loop reads from the disk for its rooms, since it is not in memory.
extension Shard {
    /// What was found for ``ShardAction/load(_:_:)``.
    package mutating func loaded(_ number: UInt64, _ found: StoreLoaded) {
        switch loads.end(number) {
        case .page(let line, let request, let head): answer(page(found, request, line.room, head: head), in: line)
        case .part(let line, let request, let offset): answer(part(found, request, from: offset), in: line)
        case .book(let room, let device): installBook(found, of: device, in: room)
        case nil: break
        }
    }

    mutating func load(_ load: StoreLoad, for purpose: LoadTable.Purpose, holding line: LoadTable.Line) {
        actions.append(.load(loads.begin(purpose, holding: line), load))
    }

    /// - Returns: whether the request has to wait until it is known what its device has sent before.
    mutating func waitsForBook(_ request: ClientFrame, of device: ConnectedDevice, in line: LoadTable.Line) -> Bool {
        guard request.hasToken, let place = owned.index(forKey: line.room),
            let load = owned.values[place].book(of: device.identity)
        else { return false }
        if let number = loads.begin(.asked(device, request), in: line, ofBook: device.identity) {
            actions.append(.load(number, load))
        }
        return true
    }

    private mutating func answer(_ frames: ByteBuffer, in line: LoadTable.Line) {
        post(.answer(line.room, line.session, frame: frames), to: line.session.loop)
        release(line)
    }

    private mutating func release(_ line: LoadTable.Line) {
        for request in loads.release(line) {
            switch request {
            case .asked(let device, let frame): serve(frame, about: line.room, line.session, device)
            case .refused(let answer): refuse(answer, about: line.room, line.session)
            }
        }
    }

    /// A request was refused without the room being asked: its answer comes after those of the requests before.
    mutating func refuse(_ answer: ByteBuffer, about room: RoomID, _ session: SessionID) {
        guard !loads.wait(.refused(answer: answer), in: LoadTable.Line(room: room, session: session)) else { return }
        post(.answer(room, session, frame: answer), to: session.loop)
    }

    private mutating func page(
        _ found: StoreLoaded, _ request: RequestID, _ room: RoomID, head: UInt64
    ) -> ByteBuffer {
        do {
            var frames = ByteBuffer()
            for value in try entries(found) {
                frames.writeImmutableBuffer(try StoredEntry(value, "an entry of room \(room)").frame)
            }
            guard frames.readableBytes > 0 else {
                let first = owned[room]?.log.first ?? 1
                let words = "entries before number \(first) are not kept; read on after \(first - 1)"
                return Self.encode(.failed(request, Failure(.tooOld, words)))
            }
            frames.writeImmutableBuffer(Self.encode(.readEnd(request, room, head: head)))
            return frames
        } catch {
            return unreadable(request, error)
        }
    }

    private mutating func part(_ found: StoreLoaded, _ request: RequestID, from offset: UInt32) -> ByteBuffer {
        switch found {
        case .blob(let blob?):
            guard let part = StoredBlob.part(of: blob, from: offset) else { break }
            return Self.encode(.part(request, total: UInt32(clamping: blob.readableBytes), bytes: part))
        case .failed(let words): return unreadable(request, RecoveryError(words))
        default: break
        }
        return Self.encode(.failed(request, .unknownBlob))
    }

    private func entries(_ found: StoreLoaded) throws(RecoveryError) -> [ByteBuffer] {
        switch found {
        case .entries(let values): return values
        case .failed(let words): throw RecoveryError(words)
        case .blob: return []
        }
    }

    private mutating func unreadable(_ request: RequestID, _ error: RecoveryError) -> ByteBuffer {
        actions.append(.warn("the store cannot be read: \(error)"))
        let words = "the server cannot read its store; tell its administrator"
        return Self.encode(.failed(request, Failure(.refused, canRetry: true, words)))
    }

    private mutating func installBook(_ found: StoreLoaded, of device: PeerIdentity, in id: RoomID) {
        let lines = loads.endBook(of: device, in: id)
        do {
            let links = try entries(found)
            if let place = owned.index(forKey: id) {
                try owned.values[place].install(bookOf: device, from: links)
            }
            for line in lines { release(line) }
        } catch {
            for line in lines {
                for request in loads.release(line) {
                    let answer =
                        switch request {
                        case .asked(_, let frame): unreadable(frame.request, error)
                        case .refused(let answer): answer
                        }
                    post(.answer(id, line.session, frame: answer), to: line.session.loop)
                }
            }
        }
    }

    // MARK: From time to time

    /// Drops what has become too old, and keeps in memory only what is in use.
    /// - Parameter note: whether to store how old everything has become.
    package mutating func rest(noting note: Bool) {
        let age = premises.age.now
        let kept = limits.keepDays.multipliedReportingOverflow(by: 86_400_000).partialValue
        let oldest =
            limits.keepDays > 0 && age.milliseconds > kept
            ? Timestamp(milliseconds: age.milliseconds - kept) : nil
        for id in Array(owned.keys) {
            guard let place = owned.index(forKey: id) else { continue }
            let before = owned.values[place].sizes()
            if owned.values[place].rest(dropping: oldest) {
                let first = owned.values[place].log.first
                actions.append(.warn("room \(id): what was said before entry \(first) is too old and was dropped"))
            }
            account(for: place, since: before)
        }
        if note { writes.append(.put(.age, key: [0], value: ByteBuffer(integer: age.milliseconds))) }
    }

    /// A room has changed.
    mutating func account(for place: Dictionary<RoomID, Room>.Index, since before: (bytes: Int, memory: Int)) {
        if premises.held.isExceeded(by: 0) { owned.values[place].log.cool(to: Self.leastTail) }
        let after = owned.values[place].sizes()
        premises.stored.add(after.bytes - before.bytes)
        premises.held.add(after.memory - before.memory)
        let first = owned.values[place].storedFirst
        owned.values[place].takeWrites(into: &writes)
        let kept = owned.values[place].storedFirst
        if kept > first { note(.logCut(owned.values[place].id, from: first, through: kept - 1)) }
    }

    /// Entries that a room keeps in memory however many rooms there are.
    private static let leastTail = 8
}

extension Room {
    /// - Parameter links: the device's latest entry, the one before it, and so on.
    mutating func install(bookOf device: PeerIdentity, from links: [ByteBuffer]) throws(RecoveryError) {
        var latest: [(token: UInt64, place: TokenBook.Place)] = []
        var past = senders[device] ?? TokenSender()
        for value in links {
            let what = "an entry by \(device) in room \(id)"
            let stored = try StoredEntry(value, what)
            let entry = try stored.entry(what)
            guard entry.sender == device, entry.token > 0 else { throw RecoveryError("\(what) is another one") }
            // Dropped ones may lie there until the disk has heard of it.
            guard entry.sequence >= log.first else { break }
            latest.append((entry.token, TokenBook.Place(sequence: entry.sequence, time: entry.time)))
            past = stored.before
        }
        install(TokenBook(latest.reversed(), after: past), of: device)
    }
}
