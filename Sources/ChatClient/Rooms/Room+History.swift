package import Chat
import ChatWire
import Crypto
import MLS
import MLSWire
import TLSSyntax

/// What of the room is kept: what was said, and what changed.
extension Room {
    // MARK: Keeping

    /// Remembers that something changed, at the place that is being processed.
    func note(_ notice: Notice) {
        if place == nil {
            // Between entries it belongs to the latest one.
            var message =
                stored(at: cursor.sequence)
                ?? blank(at: cursor.sequence, Timestamp(milliseconds: host.clockMilliseconds), me)
            message.notices.append(notice)
            save(message)
            emit(
                .message(
                    StoredMessage(
                        sequence: message.sequence, time: message.time, sender: message.sender, token: 0, .nothing,
                        notices: [notice])))
        } else {
            place?.notices.append(notice)
        }
    }

    func report(_ finding: Finding) {
        findings.append(finding)
        if findings.count > 64 { findings.removeFirst() }
        dirtyRoom = true
        note(.finding(finding))
        emit(.finding(finding))
    }

    /// Begins to gather what an entry brings.
    func open(_ entry: LogEntry) {
        place = blank(at: entry.sequence, entry.time, entry.sender)
        isShown = false
    }

    /// Keeps what the entry brought, if anything.
    func close() {
        guard let message = place else { return }
        place = nil
        guard message.content != .nothing || !message.notices.isEmpty else { return }
        save(message)
        guard !isShown else { return }
        emit(message.sender == me && message.token != 0 ? .sent(message) : .message(message))
    }

    /// What somebody took back is kept no more.
    func delete(_ target: UInt64, by sender: PeerIdentity) {
        guard var message = stored(at: target) else { return }
        guard message.sender.user == sender.user else { return report(.foreignChange(by: sender, of: target)) }
        guard case .body(let body) = message.content, body.text != nil else { return }
        message.content = .deleted
        save(message)
    }

    func blank(at sequence: UInt64, _ time: Timestamp, _ sender: PeerIdentity) -> StoredMessage {
        StoredMessage(sequence: sequence, time: time, sender: sender, token: 0, .nothing)
    }

    /// What was said, at the place that is being processed.
    func keep(_ body: MessageBody, of sender: PeerIdentity, token: UInt64) {
        place?.sender = sender
        place?.token = token
        guard body.isLasting else { return }
        place?.content = .body(body)
    }

    func unreadable(_ reason: Unreadable, _ entry: LogEntry) {
        place?.content = .unreadable(reason)
        place?.token = entry.token
    }

    func save(_ message: StoredMessage) {
        // What was decoded or composed within its limits fits.
        guard var bytes = try? message.encoded() else { return }
        write(.messages, key(message.sequence), SymmetricKey(wiping: &bytes))
        if message.sequence >= latest?.sequence ?? 0 { latest = message }
    }

    /// What is kept of a place.
    package func stored(at sequence: UInt64) -> StoredMessage? {
        if let latest, latest.sequence == sequence { return latest }
        guard let record = try? store.value(in: .messages, at: key(sequence)) else { return nil }
        return StoredMessage(record)
    }

    /// The latest messages before a place, in ascending order. What the server has lost stands behind the last place that is left, and is
    /// not counted in the limit.
    package func history(before place: UInt64? = nil, limit: Int) throws(StoreError) -> [StoredMessage] {
        let records = try store.records(
            in: .messages, prefix: id.bytes, after: nil, before: key(place ?? .max), limit: limit)
        guard !rollback.forks.isEmpty else { return records.compactMap { StoredMessage($0.value) } }
        var messages: [StoredMessage] = []
        for record in records {
            guard let message = StoredMessage(record.value) else { continue }
            messages.append(message)
            messages += try lostMessages(after: record.key)
        }
        return messages
    }

    /// This device's own messages with these numbers.
    func ownMessages(_ tokens: [UInt64]) -> [StoredMessage] {
        var wanted = Set(tokens)
        var found: [StoredMessage] = []
        var before: UInt64? = nil
        for _ in 0..<64 where !wanted.isEmpty {
            guard let page = try? history(before: before, limit: 256), let first = page.first else { break }
            for message in page where message.sender == me && wanted.remove(message.token) != nil {
                found.append(message)
            }
            before = first.sequence
        }
        return found
    }

    // MARK: Names and topics

    func announced(_ info: RoomInfo) {
        // Somebody tells the newcomers: that is no change.
        announceAfter = nil
        // Open rooms are found by their names, which therefore stay.
        if policy.admission == .invite {
            if name == nil, let new = info.name { emit(.named(new, before: title)) }
            if info.hasNewName || name == nil { name = info.name }
        }
        if info.hasNewTopic || topic.isEmpty { topic = info.topic }
        dirtyRoom = true
    }

    /// Tells newcomers what the room is called, and what it is about.
    func announce() {
        announceAfter = nil
        guard name != nil || !topic.isEmpty, policy.admission != .direct else { return }
        say(.info(RoomInfo(name: name, topic: topic)))
    }

    package func rename(_ new: RoomName) {
        say(.info(RoomInfo(name: new, topic: topic, hasNewName: true)))
        name = new
        dirtyRoom = true
    }

    package func setTopic(_ new: RoomTopic) {
        say(.info(RoomInfo(name: name, topic: new, hasNewTopic: true)))
        topic = new
        dirtyRoom = true
    }

    // MARK: Who comes and goes

    /// Tells what a commit did. Nobody can switch that off.
    func tell(_ effects: Effects, committer: PeerIdentity?, _ entry: LogEntry) {
        let added = effects.added.compactMap { member in host.identity(of: member).map { ($0, member) } }
        let removed = effects.removed.compactMap(host.identity(of:))
        let comers = Set(added.map(\.0))
        for device in removed where !comers.contains(device) {
            if leaving.remove(device) != nil {
                note(.left(device))
            } else {
                note(.removed(device, by: revoked.remove(device) != nil ? nil : committer))
            }
            senders[device] = nil
            gaps[device] = nil
            damaged[device] = nil
        }
        let users = Set(members.map(\.identity).filter { !comers.contains($0) }.map(\.user))
        let adder = effects.isExternalJoin ? nil : committer
        for (device, member) in added {
            if removed.contains(device) {
                // It came back, having lost the thread.
                note(.joined(device, by: adder))
            } else {
                note(users.contains(device.user) ? .newDevice(device, by: adder) : .joined(device, by: adder))
            }
            see(member, device)
        }
        for change in effects.updated {
            if let device = host.identity(of: change.new) { see(change.new, device) }
        }
        if effects.isExternalJoin {
            // One of many tells the newcomer what the room is about.
            announceAfter = host.now + 50 + host.jitter(below: min(20 * UInt64(memberCount), 10_000))
        }
    }

    /// Looks at everybody who is there when this device comes in.
    func meetMembers() {
        for member in live?.group.state.members ?? [] {
            if let device = host.identity(of: member) { see(member, device) }
        }
    }

    /// Remembers a device's certificate and key, and tells if the key is another one.
    func see(_ member: GroupMember, _ device: PeerIdentity) {
        if case .newKey? = host.see(member) { note(.newKey(device)) }
    }
}

extension StoredMessage {
    init?(_ record: SymmetricKey) {
        var bytes = record.withUnsafeBytes { Array($0) }
        defer { bytes.wipe() }
        guard let message = try? StoredMessage(bytes: bytes) else { return nil }
        self = message
    }
}
