internal import CNetlink
internal import Firewall
internal import Glibc

/// Questions and answers over one socket.
struct NetlinkExchange {
    let socket: NetlinkSocket
    private var sequence: UInt32 = 1
    private var writer = NetlinkWriter(capacity: 1 << 14)

    init() throws(NFTablesError) { socket = try NetlinkSocket() }

    var port: UInt32 { socket.port }

    // MARK: Changes

    mutating func commit(_ transaction: KernelTransaction, expecting generation: UInt32?) throws(NFTablesError) {
        var encoder = TransactionEncoder(writer: writer, sequence: sequence, generation: generation)
        for operation in transaction.operations { try encoder.add(operation) }
        encoder.finish()
        sequence = encoder.sequence
        writer = encoder.writer
        try send(writer.bytes)
        try confirm(encoder.numbers) { index in transaction.operations[index].words }
        if writer.bytes.count > 1 << 18 { writer = NetlinkWriter(capacity: 1 << 14) }
    }

    /// Sends a batch that was made elsewhere; `words` tell what it is.
    mutating func send(_ batch: TransactionEncoder, words: String) throws(NFTablesError) {
        sequence = batch.sequence
        try send(batch.writer.bytes)
        try confirm(batch.numbers) { _ in words }
    }

    /// What a batch begins with: numbers that this socket has not used.
    func batch(_ writer: NetlinkWriter) -> TransactionEncoder {
        TransactionEncoder(writer: writer, sequence: sequence, generation: nil)
    }

    private func send(_ bytes: [UInt8]) throws(NFTablesError) {
        // Answers to what was given up before.
        while (try? socket.receive(waits: false)) != nil {}
        try socket.send(bytes)
    }

    /// The kernel has dealt with the batch when `send` returns: its answers wait already, the first error first.
    private func confirm(_ numbers: BatchNumbers, words: (Int) -> String) throws(NFTablesError) {
        var wasOverrun = false
        while true {
            do {
                guard let messages = try socket.receive(waits: false) else { break }
                for message in messages where try isDone(message, numbers, words) { return }
            } catch .overrun {
                // Too many errors for the socket; the first, which counts, is among those that found room.
                guard !wasOverrun else { throw .overrun }
                wasOverrun = true
            }
        }
        throw wasOverrun ? .overrun : .malformedReply("no acknowledgement")
    }

    /// Whether it says that the whole batch is done.
    private func isDone(
        _ message: NetlinkMessages.Message, _ numbers: BatchNumbers, _ words: (Int) -> String
    ) throws(NFTablesError) -> Bool {
        guard message.type == NetlinkAcknowledgement.type, let place = numbers.place(of: message.sequence) else {
            return false
        }
        guard let answer = NetlinkAcknowledgement(message) else {
            throw .malformedReply("an acknowledgement of \(message.payload.count) bytes")
        }
        if answer.code != 0 { throw Self.error(answer, at: place, words: words) }
        return message.sequence == numbers.acknowledged
    }

    private static func error(
        _ answer: NetlinkAcknowledgement, at place: BatchNumbers.Place, words: (Int) -> String
    ) -> NFTablesError {
        switch (place, answer.code) {
        case (.frame, EPERM): .noRight
        case (.frame, ERESTART): .changedMeanwhile
        case (.frame, EOPNOTSUPP), (.frame, EINVAL): .noKernelSupport
        case (.frame, let code): .refused(index: 0, operation: "begin", code: code, words: answer.words)
        case (.operation, EPERM): .foreignOwner
        case (.operation(let index), let code):
            .refused(index: index, operation: words(index), code: code, words: answer.words)
        }
    }

    // MARK: Questions

    /// Asks, and makes a value of every message that answers.
    /// - Returns: `nil` when what was asked for is not there.
    mutating func ask<Value>(
        _ request: NetlinkRequest, each: (NetlinkMessages.Message) -> Value?
    ) throws(NFTablesError) -> [Value]? {
        for _ in 0..<20 {
            sequence &+= 1
            try send(request.bytes(sequence: sequence))
            switch try answers(to: request, each: each) {
            case .whole(let values): return values
            case .absent: return nil
            case .interrupted: continue
            }
        }
        throw .changedMeanwhile
    }

    /// The first of many that answer; leaves the socket with the rest unread, so that it cannot be used after.
    /// - Returns: `nil` when what was asked for is not there.
    mutating func first<Value>(
        _ limit: Int, of request: NetlinkRequest, _ each: (NetlinkMessages.Message) -> [Value]?
    ) throws(NFTablesError) -> [Value]? {
        sequence &+= 1
        try send(request.bytes(sequence: sequence))
        var values: [Value] = []
        while values.count < limit, let messages = try socket.receive(waits: true) {
            for message in messages where message.sequence == sequence {
                if let some = each(message) { values += some }
                if message.type == NetlinkAcknowledgement.done { return values }
                if let answer = NetlinkAcknowledgement(message) {
                    guard let error = Self.error(answer, request) else { return nil }
                    throw error
                }
            }
        }
        return values
    }

    /// `nil`: it is not there.
    private static func error(_ answer: NetlinkAcknowledgement, _ request: NetlinkRequest) -> NFTablesError? {
        switch answer.code {
        case ENOENT: nil
        case EPERM: .noRight
        case EOPNOTSUPP: .noKernelSupport
        case let code: .refused(index: 0, operation: request.words, code: code, words: answer.words)
        }
    }

    private enum Answer<Value> {
        case whole([Value])
        case absent
        /// Changed while it was told (`NLM_F_DUMP_INTR`).
        case interrupted
    }

    private func answers<Value>(
        to request: NetlinkRequest, each: (NetlinkMessages.Message) -> Value?
    ) throws(NFTablesError) -> Answer<Value> {
        var values: [Value] = []
        var wasInterrupted = false
        // The rest of a dump is made while the socket is read; a lone answer waits already.
        while let messages = try socket.receive(waits: request.isDump) {
            for message in messages where message.sequence == sequence {
                if message.flags & 0x10 != 0 { wasInterrupted = true }
                switch message.type {
                case NetlinkAcknowledgement.done:
                    return wasInterrupted ? .interrupted : .whole(values)
                case NetlinkAcknowledgement.type:
                    guard let answer = NetlinkAcknowledgement(message) else {
                        throw .malformedReply("an acknowledgement of \(message.payload.count) bytes")
                    }
                    switch answer.code {
                    case 0: return .whole(values)
                    case EINTR, EAGAIN: return .interrupted
                    default:
                        guard let error = Self.error(answer, request) else { return .absent }
                        throw error
                    }
                default:
                    if let value = each(message) { values.append(value) }
                }
            }
        }
        throw .malformedReply("no answer to: \(request.words)")
    }
}
