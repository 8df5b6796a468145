package import Chat
import Crypto

extension RoomID {
    /// The id of a room that is known by its name: the first 16 bytes of SHA-256("conclave room v1" ‖ 0 ‖ name).
    package init(of name: RoomName) {
        var hash = SHA256()
        hash.update(data: Array("conclave room v1\0".utf8))
        hash.update(data: Array(name.text.utf8))
        let digest = Array(hash.finalize())
        func half(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: half(digest[0..<8]), low: half(digest[8..<16]))
    }
}
