import Chat
import ChatWire
import NIOCore
import TLSSyntax

/// How keys and values of records are written. A device's name does not begin like another's: both its parts stand behind their lengths.
enum StoreRecord {
    static func key(_ device: PeerIdentity) -> [UInt8] {
        key { (key) throws(SyntaxError) in try key.write(device) }
    }

    static func key(_ device: PeerIdentity, _ number: UInt64) -> [UInt8] {
        key { (key) throws(SyntaxError) in
            try key.write(device)
            key.write(number)
        }
    }

    static func key(_ room: RoomID) -> [UInt8] {
        key { (key) throws(SyntaxError) in key.write(room) }
    }

    static func key(_ room: RoomID, _ sequence: UInt64) -> [UInt8] {
        key { (key) throws(SyntaxError) in
            key.write(room)
            key.write(sequence)
        }
    }

    static func key(_ room: RoomID, _ hash: Digest) -> [UInt8] {
        key { (key) throws(SyntaxError) in
            key.write(room)
            hash.write(to: &key)
        }
    }

    static func key(_ room: RoomID, _ device: PeerIdentity) -> [UInt8] {
        key { (key) throws(SyntaxError) in
            key.write(room)
            try key.write(device)
        }
    }

    static func key(_ room: RoomID, _ device: PeerIdentity, _ token: UInt64) -> [UInt8] {
        key { (key) throws(SyntaxError) in
            key.write(room)
            try key.write(device)
            key.write(token)
        }
    }

    private static func key(_ write: (inout [UInt8]) throws(SyntaxError) -> Void) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(64)
        // A name is never longer than its length can say.
        try? write(&key)
        return key
    }

    /// - Parameter write: of values that fit their lengths by construction.
    static func value(_ write: (inout ByteBuffer) throws(SyntaxError) -> Void) -> ByteBuffer {
        var value = ByteBuffer()
        do {
            try write(&value)
        } catch {
            assertionFailure("\(error)")
        }
        return value
    }

    /// Lengths of lists in values.
    static let lengths = 0...0xFF_FFFF

    static func read<Value>(
        _ bytes: [UInt8], _ what: String, _ body: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(RecoveryError) -> Value {
        do {
            return try SyntaxReader.read(bytes, body)
        } catch {
            throw RecoveryError("\(what) cannot be read: \(error)")
        }
    }

    static func read<Value>(
        _ value: ByteBuffer, _ what: String, _ body: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(RecoveryError) -> Value {
        try read(Array(value.readableBytesView), what, body)
    }

    /// The one frame that `value` is.
    static func frame(_ value: ByteBuffer, _ what: String) throws(RecoveryError) -> ServerFrame {
        var rest = value
        do {
            if let frame = try Frame.next(from: &rest), rest.readableBytes == 0 { return try ServerFrame(frame) }
        } catch {
            throw RecoveryError("\(what) cannot be read: \(error)")
        }
        throw RecoveryError("\(what) is cut")
    }
}
