package import Crypto

/// How far out of order messages may come (RFC 9420 §9.2, §14.4).
public struct RatchetLimits: Hashable, Sendable {
    /// How many generations a message may be ahead of those seen.
    public var forward: UInt32
    /// How many keys of skipped generations are kept for each sender; the oldest go first.
    public var kept: Int

    public init(forward: UInt32 = 2048, kept: Int = 512) {
        self.forward = forward
        self.kept = kept
    }
}

/// A key and a nonce for one message.
package struct MessageKey: Sendable {
    package let key: SymmetricKey
    package let nonce: SymmetricKey
}

/// One sender's chain of keys for one kind of message (RFC 9420 §9.1). A key is handed out once, and then gone.
package struct HashRatchet: Sendable {
    /// The secret of ``generation``.
    package private(set) var secret: SymmetricKey
    /// The first generation whose key was not derived.
    package private(set) var generation: UInt32
    /// Keys of earlier generations whose messages have not come, by generation.
    private(set) var kept: [UInt32: MessageKey]

    init(secret: SymmetricKey, generation: UInt32 = 0, kept: [UInt32: MessageKey] = [:]) {
        self.secret = secret
        self.generation = generation
        self.kept = kept
    }

    /// The key of the next message.
    /// - Throws: ``MLSError/Misuse/sendLimit`` after 2^32 − 1.
    package mutating func next(_ suite: CipherSuite) throws(MLSError) -> (generation: UInt32, key: MessageKey) {
        guard generation < .max else { throw .misuse(.sendLimit) }
        return (generation, step(suite))
    }

    /// Takes the key of a generation out, whether it is ahead or was skipped.
    /// - Throws: ``ValidationRule/generationIsUnused``, ``ValidationRule/generationIsNear``.
    package mutating func take(
        _ wanted: UInt32, _ suite: CipherSuite, _ limits: RatchetLimits
    ) throws(MLSError) -> MessageKey {
        if wanted < generation {
            return try unwrap(.generationIsUnused, kept.removeValue(forKey: wanted))
        }
        try require(.generationIsNear, wanted - generation <= limits.forward && wanted < .max)
        while generation < wanted {
            let skipped = generation
            kept[skipped] = step(suite)
        }
        if kept.count > limits.kept {
            for old in kept.keys.sorted().prefix(kept.count - limits.kept) { kept[old] = nil }
        }
        return step(suite)
    }

    /// Leaves generations out for ever: what a sender may have used before a crash.
    package mutating func skip(to wanted: UInt32, _ suite: CipherSuite) {
        while generation < wanted { _ = step(suite) }
    }

    private mutating func step(_ suite: CipherSuite) -> MessageKey {
        let key = MessageKey(
            key: suite.deriveTree(secret, "key", generation: generation, length: suite.aead.keyLength),
            nonce: suite.deriveTree(secret, "nonce", generation: generation, length: suite.aead.nonceLength))
        secret = suite.deriveTree(secret, "secret", generation: generation, length: suite.hash.byteCount)
        generation += 1
        return key
    }
}
