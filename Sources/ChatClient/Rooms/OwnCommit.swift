import ChatWire
import MLS
import MLSWire

/// A commit of this device whose fate is not known: the server takes one for each epoch.
final class OwnCommit {
    let submission: Submission
    /// What it brings about.
    let intents: [RoomIntent]
    var staged: StagedEpoch?
    var isSent = false
    /// Its place, that is known before the log up to there was processed.
    var place: UInt64?

    init(_ submission: Submission, intents: [RoomIntent], staged: consuming StagedEpoch) {
        self.submission = submission
        self.intents = intents
        self.staged = consume staged
    }
}

/// A way into a room that has begun.
final class PendingJoin {
    enum Stage {
        /// The server was asked where the room is.
        case describing
        /// The group info, or the welcome, is being fetched.
        case fetching(BlobRef)
        /// One's own commit was submitted.
        case submitted(Submission)
        /// A member was asked to add this device anew.
        case asked
    }

    var stage: Stage
    /// Where the room was when its group info was described.
    var status: RoomStatus?
    var welcome: WelcomeNotice?
    /// The group as it will be once the commit is accepted.
    var group: LiveGroup?
    var place: UInt64?

    init(_ stage: Stage) {
        self.stage = stage
    }
}
