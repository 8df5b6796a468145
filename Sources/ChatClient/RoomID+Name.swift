package import Chat
import Crypto

extension RoomID {
    /// The id of an open room, which is known by its name: the first 16 bytes of SHA-256("conclave room v1" ‖ 0 ‖ name).
    package init(of name: RoomName) {
        self.init(hashing: Array("conclave room v1\0".utf8) + Array(name.text.utf8))
    }

    /// The id of the talk of two users, the same for both: the first 16 bytes of
    /// SHA-256("conclave direct v1" ‖ 0 ‖ first name ‖ 0 ‖ second name), in alphabetical order.
    package init(ofDirect one: UserName, _ other: UserName) {
        let (first, second) = one < other ? (one, other) : (other, one)
        self.init(hashing: Array("conclave direct v1\0\(first)\0\(second)".utf8))
    }

    private init(hashing bytes: [UInt8]) {
        let digest = Array(SHA256.hash(data: bytes))
        func half(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: half(digest[0..<8]), low: half(digest[8..<16]))
    }
}
