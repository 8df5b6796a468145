import MLS

/// What a member of a group knows, from which a group can be made more than once: only so can one step be measured several times.
struct Member {
    let client: MLSClient
    let epoch: EpochState

    init(client: MLSClient, epoch: EpochState) {
        self.client = client
        self.epoch = epoch
    }

    init(_ group: borrowing MLSGroup) {
        self.init(client: group.client, epoch: group.epoch)
    }

    var group: MLSGroup { MLSGroup(client: client, epoch: epoch) }
}
