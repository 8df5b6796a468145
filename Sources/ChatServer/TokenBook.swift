import Chat
import ChatWire
import NIOCore
import TLSSyntax

/// The latest things that a device has sent, by its own numbers: a request that is repeated, since its answer was lost, is answered
/// like the first time and does nothing.
///
/// Numbers with the highest bit clear and those with it set are two rows of numbers.
struct TokenBook: Sendable {
    /// Where in the log something stands.
    struct Place: Hashable, Sendable {
        var sequence: UInt64
        var time: Timestamp
    }

    private var places: [UInt64: Place] = [:]
    /// The numbers, in the order of the log; those in front are forgotten first.
    private var order: [UInt64] = []
    private var forgotten = 0
    /// What came before what is known.
    private var past = TokenSender()
    /// Whether somebody has asked since the last look.
    var isWarm = true

    init() {}

    /// - Parameters:
    ///   - latest: what the device has sent, in the order of the log.
    ///   - past: what it had sent before.
    init(_ latest: [(token: UInt64, place: Place)], after past: TokenSender) {
        for (token, place) in latest { note(token, place, limit: .max) }
        self.past = past
    }

    var count: Int { places.count }

    subscript(token: UInt64) -> Place? { places[token] }

    /// Whether a number may have been used and forgotten.
    func isForgotten(_ token: UInt64) -> Bool { token <= past.highest(like: token) }

    mutating func note(_ token: UInt64, _ place: Place, limit: Int) {
        places[token] = place
        order.append(token)
        while places.count > limit { forgetOldest() }
    }

    /// What was dropped from the log is known no more.
    mutating func forget(before first: UInt64) {
        while forgotten < order.count, let place = places[order[forgotten]], place.sequence < first { forgetOldest() }
    }

    private mutating func forgetOldest() {
        let token = order[forgotten]
        if let place = places.removeValue(forKey: token) { past.note(token, at: place.sequence) }
        forgotten += 1
        if forgotten > 1_024 {
            order.removeFirst(forgotten)
            forgotten = 0
        }
    }
}

/// Of a device that has sent something to a room: where its latest is, and the highest numbers that it has used.
package struct TokenSender: Hashable, Sendable {
    /// The number of its latest entry that has a number of its own.
    package var last: UInt64 = 0
    /// Of the two rows.
    package var low: UInt64 = 0
    package var high: UInt64 = 0

    func highest(like token: UInt64) -> UInt64 { token >> 63 == 0 ? low : high }

    mutating func note(_ token: UInt64, at sequence: UInt64) {
        last = sequence
        if token >> 63 == 0 { low = max(low, token) } else { high = max(high, token) }
    }

    package init() {}

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        last = try reader.uint64()
        low = try reader.uint64()
        high = try reader.uint64()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.write(last)
        buffer.write(low)
        buffer.write(high)
    }

    var value: ByteBuffer { StoreRecord.value { write(to: &$0) } }
}
