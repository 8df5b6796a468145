import MLS
import MLSWire

/// The same numbers every time (SplitMix64).
struct TreeRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
    }

    /// A leaf with keys that occur nowhere else. They are no keys of any suite: a tree does not look into them.
    mutating func leaf() -> LeafNode {
        LeafNode(
            encryptionKey: HPKEPublicKey(bytes: bytes(32)), signatureKey: SignaturePublicKey(bytes: bytes(32)),
            credential: .basic(identity: bytes(4)),
            capabilities: Capabilities(
                cipherSuites: [.p256AES128], extensions: Bool.random(using: &self) ? [.lastResort] : [],
                credentials: Bool.random(using: &self) ? [.basic, .x509] : [.basic]),
            source: .update, signature: bytes(8))
    }
}
