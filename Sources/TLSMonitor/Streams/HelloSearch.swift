import Glibc
import TLSWire

/// Finds the hello with which TLS begins behind bytes of another protocol: after STARTTLS, or after what was said to a proxy.
enum HelloSearch {
    /// A record's header, a message's header, and the version that every hello begins with.
    private static let length = TLSRecordHeader.length + 6

    enum Result: Hashable {
        case found(at: Int)
        /// None; but so many bytes at the end may be the beginning of one.
        case none(held: Int)
    }

    static func search(_ bytes: UnsafeRawBufferPointer) -> Result {
        guard let base = bytes.baseAddress else { return .none(held: 0) }
        var place = 0
        while place < bytes.count, let hit = memchr(base + place, 22, bytes.count - place) {
            place = UnsafeRawPointer(hit) - base
            switch isHello(UnsafeRawBufferPointer(rebasing: bytes[place...])) {
            case true?: return .found(at: place)
            case nil: return .none(held: bytes.count - place)
            case false?: place += 1
            }
        }
        return .none(held: 0)
    }

    /// Whether who sends `bytes` is a client, by the hello with which they begin; `nil` if they begin with none.
    static func isFromClient(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        guard bytes.first == 22, isHello(bytes) == true else { return nil }
        return bytes[5] == 1
    }

    /// `nil` if more bytes are needed to tell.
    private static func isHello(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        func can(_ place: Int, _ isGood: (UInt8) -> Bool) -> Bool { place >= bytes.count || isGood(bytes[place]) }
        guard can(1, { $0 == 3 }), can(2, { $0 <= 4 }), can(3, { $0 <= 0x48 }),
            can(5, { $0 == 1 || $0 == 2 }), can(6, { $0 == 0 }), can(9, { $0 == 3 || $0 == 0x7F }),
            can(10, { $0 <= 0x20 })
        else { return false }
        guard bytes.count >= length else { return nil }
        let record = Int(bytes[3]) << 8 | Int(bytes[4]), message = Int(bytes[7]) << 8 | Int(bytes[8])
        // A server's hello is followed by more in its record; a client's may go on in the next one.
        return record >= 4 && message >= 38 && (bytes[5] == 2 || message + 4 >= record)
    }
}
