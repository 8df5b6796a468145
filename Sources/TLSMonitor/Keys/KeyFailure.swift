/// What became of a record that its sender's keys do not open, or not in its place.
public enum KeyFailure: String, Hashable, Sendable, CaseIterable {
    /// The key is another connection's.
    case wrongKey = "wrong_key"
    /// Bits were changed on the way, or the record was replaced: the records behind it open in their places.
    case altered
    /// Somebody else put the record in: the ones behind it open one place before theirs.
    case injected
    /// Records before this one are missing.
    case lost
    /// The record came before, or after its turn.
    case repeated
    /// It cannot be said which.
    case unknown
}

/// What is known in the end of a record that was not opened, or not in its place.
struct KeyFinding: Hashable {
    var failure: KeyFailure
    /// In one sentence.
    var words: String
    /// Of the record in its direction's stream.
    var offset: Int
    /// Where it was completed.
    var sighting: Sighting
}
