/// What something encrypted probably is, guessed from sizes and places. It is never a fact: only keys show what a record holds.
public struct Inference: Hashable, Sendable {
    /// Names of handshake messages, or another thing: `EncryptedExtensions`, `client certificate`.
    public var names: [String]
    /// How often such a guess is right, `0...1`: measured, see `docs/inference.md`.
    public var confidence: Double
    /// Why it is guessed, in words for people; empty if nobody says.
    public var reason: String

    public init(names: [String], confidence: Double, reason: String = "") {
        self.names = names
        self.confidence = confidence
        self.reason = reason
    }
}
