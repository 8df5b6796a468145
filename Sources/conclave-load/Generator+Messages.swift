import Glibc

/// What members say to one another, and what is counted of it.
extension Generator {
    /// Says what messages look like from now on.
    /// - Parameter countsAcceptances: every message must be acknowledged too.
    func prepareMessages(size: Int, countsAcceptances: Bool = false) throws {
        let driver = driver
        payload = (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) }
        templates = try (0..<seats.rooms).map { room in
            try driver.message(room: number(of: room), devices: devices(in: room).count, payload: payload)
        }
        tally = Tally(
            members: seats.count, senders: seats.senders, rooms: seats.rooms,
            copies: driver.deliversToSenders ? nil : seats.listeners)
        acceptances =
            countsAcceptances
            ? AcceptanceTally(senders: seats.senders, rooms: seats.rooms) { driver.request(ofMessage: $0) } : nil
        latencies.clear()
    }

    /// Sends one message, in a record and a system call of its own: people do not send in batches.
    /// - Parameter time: when it was due.
    func send(from sender: Int, due time: UInt64) throws {
        guard let connection = connections[sender] else { return }
        guard tally.underWay(from: sender) < Tally.capacity else {
            throw LoadError.stalled(
                "\(Tally.capacity) messages of one sender are under way: the server does not keep up with this rate")
        }
        let stamp = Stamp(run: run, sender: UInt32(sender), number: tally.send(from: sender), time: time)
        acceptances?.send(from: sender, at: time)
        // Two senders may be one device: its numbers go up together.
        let token = Driver.foundingTokens + stamp.number * UInt64(tally.senders) + UInt64(sender) + 1
        let room = sender % seats.rooms
        templates[room].fill(stamp, request: driver.request(ofMessage: stamp.number), token: token)
        templates[room].bytes.withUnsafeBytes { connection.queue($0) }
        flush(connection)
    }

    func deliver(_ payload: UnsafeRawBufferPointer, to member: Int) {
        guard let start = payload.baseAddress, payload.count == self.payload.count else {
            return tally.note("member \(member) got a payload of \(payload.count) bytes")
        }
        let stamp = Stamp.read(start)
        guard stamp.run == run, isIntact(start) else {
            return tally.note("member \(member) got a payload that was not sent")
        }
        tally.arrive(at: member, from: Int(stamp.sender), number: stamp.number)
        if stamp.time >= measuredFrom { latencies.add(now > stamp.time ? now - stamp.time : 0) }
    }

    /// Whether what follows the stamp is what was sent.
    private func isIntact(_ payload: UnsafeRawPointer) -> Bool {
        self.payload.withUnsafeBytes { sent in
            guard let start = sent.baseAddress else { return false }
            let from = Stamp.byteCount
            return memcmp(payload + from, start + from, sent.count - from) == 0
        }
    }

    func accepted(_ request: UInt32, _ place: UInt64?, _ sender: Int) {
        guard let time = acceptances?.accept(from: sender, request: request, place: place) else { return }
        if time >= measuredFrom { acceptanceTimes.add(now > time ? now - time : 0) }
    }

    /// Waits until everything has arrived, then a little longer, which would show duplicates.
    /// - Throws: ``LoadError/inexact(_:)``.
    func settle(seconds: Double = 15) throws {
        let deadline = nanoseconds() + UInt64(seconds * 1e9)
        while !(tally.isExact && acceptances?.isComplete ?? true), tally.fault == nil, acceptances?.fault == nil,
            nanoseconds() < deadline
        {
            try pump(nanoseconds: 10_000_000)
            try checkHealth()
        }
        try run(seconds: 0.1)
        try checkHealth()
        guard tally.isExact else {
            let expected = tally.sent * UInt64(tally.copies)
            throw LoadError.inexact(
                tally.fault ?? "\(tally.sent) messages to \(tally.copies) members each make \(expected) deliveries; "
                    + "\(tally.delivered) arrived")
        }
        if let fault = acceptances?.verdict { throw LoadError.inexact(fault) }
    }
}
