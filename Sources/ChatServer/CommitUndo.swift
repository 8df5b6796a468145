import Chat

/// What a commit changed, so that it can be set aside: of the latest commit alone.
struct CommitUndo: Sendable {
    var sequence: UInt64
    var committer: PeerIdentity
    var groupInfo: StoredBlob?
    /// Whom it added or moved, with the route before; `nil` if there was none.
    var added: [PeerIdentity: Routing.Route?]
    var removed: [PeerIdentity: Routing.Route]
    /// Who could not accept it.
    var rejectedBy: Set<PeerIdentity> = []
}
