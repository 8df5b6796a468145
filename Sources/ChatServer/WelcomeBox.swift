import Chat
import ChatWire
import NIOCore

/// Welcomes that wait until the devices they are for have taken them.
struct WelcomeBox: Sendable {
    private struct Blob {
        var bytes: ByteBuffer
        /// How many notices of it are there, or may be on the disk.
        var users: Int
    }

    private var notices: [PeerIdentity: [WelcomeNotice]] = [:]
    private var blobs: [Digest: Blob] = [:]
    private var latest: UInt64 = 0
    /// Those whose commit is not on the disk yet: nobody hears of them.
    private var unsettled: Set<UInt64> = []
    /// What they take.
    private(set) var bytes = 0
    /// What has changed and is to be stored.
    private var changed: Set<StoreKey> = []
    /// The blobs of notices that were dropped since the last time.
    private var left: [Digest] = []

    enum StoreKey: Hashable, Sendable {
        case latest
        case notice(PeerIdentity, UInt64)
        case blob(Digest)
    }

    /// Welcomes of a device, the earliest first.
    func waiting(for device: PeerIdentity) -> [WelcomeNotice] { notices[device] ?? [] }

    /// Those of them that the device may hear of.
    func settled(for device: PeerIdentity) -> [WelcomeNotice] {
        waiting(for: device).filter { !unsettled.contains($0.id) }
    }

    /// The commits of welcomes are on the disk.
    /// - Returns: those that still wait.
    mutating func settle(_ welcomes: [(PeerIdentity, WelcomeNotice)]) -> [(PeerIdentity, WelcomeNotice)] {
        welcomes.filter { device, notice in
            unsettled.remove(notice.id) != nil && waiting(for: device).contains { $0.id == notice.id }
        }
    }

    /// Puts a welcome in for a device, which loses its earliest one if it has too many. It is to be settled yet.
    /// - Returns: the notice with its number.
    mutating func put(_ notice: WelcomeNotice, _ welcome: ByteBuffer, for device: PeerIdentity, limit: Int)
        -> WelcomeNotice
    {
        latest += 1
        var notice = notice
        notice.id = latest
        unsettled.insert(latest)
        // The blob may be there by a commit of another loop, and not on the disk yet.
        changed.formUnion([.latest, .notice(device, latest), .blob(notice.welcome.hash)])
        if blobs[notice.welcome.hash] == nil {
            blobs[notice.welcome.hash] = Blob(bytes: welcome, users: 0)
            bytes += welcome.readableBytes
        }
        blobs[notice.welcome.hash]?.users += 1
        notices[device, default: []].append(notice)
        if let earliest = notices[device]?.first, waiting(for: device).count > limit {
            drop(for: device) { $0.id == earliest.id }
        }
        return notice
    }

    /// A welcome that waits for the device.
    func blob(_ hash: Digest, of room: RoomID, for device: PeerIdentity) -> ByteBuffer? {
        guard waiting(for: device).contains(where: { $0.room == room && $0.welcome.hash == hash }) else { return nil }
        return blobs[hash]?.bytes
    }

    /// Takes out those of a device that fulfil a condition.
    mutating func drop(for device: PeerIdentity, where isObsolete: (WelcomeNotice) -> Bool) {
        guard var mine = notices[device] else { return }
        for notice in mine where isObsolete(notice) {
            left.append(notice.welcome.hash)
            changed.insert(.notice(device, notice.id))
        }
        mine.removeAll(where: isObsolete)
        notices[device] = mine.isEmpty ? nil : mine
    }

    /// Takes out those that a commit brought.
    mutating func drop(room: RoomID, commit: UInt64) {
        for device in Array(notices.keys) {
            drop(for: device) { $0.room == room && $0.sequence == commit }
        }
    }

    /// The device has taken this one, whether or not it was dropped before: then that may not be on the disk yet.
    mutating func take(_ id: UInt64, by device: PeerIdentity) {
        drop(for: device) { $0.id == id }
        if id <= latest { changed.insert(.notice(device, id)) }
    }

    /// Notices of these blobs are gone from the disk too. A blob goes after all its notices, which several loops may have dropped.
    mutating func release(_ hashes: [Digest]) {
        for hash in hashes {
            guard var blob = blobs[hash] else { continue }
            blob.users -= 1
            if blob.users == 0 {
                bytes -= blob.bytes.readableBytes
                changed.insert(.blob(hash))
            }
            blobs[hash] = blob.users == 0 ? nil : blob
        }
    }

    // MARK: Storing

    mutating func takeChanges() -> Set<StoreKey> {
        defer { changed = [] }
        return changed
    }

    /// The blobs of notices that were dropped since the last time, to be released when that is stored.
    mutating func takeLeft() -> [Digest] {
        defer { left = [] }
        return left
    }

    /// What is to be stored there, as it is now.
    func write(_ key: StoreKey) -> StoreWrite {
        switch key {
        case .latest:
            return .put(.latestWelcome, key: [0], value: ByteBuffer(integer: latest))
        case .notice(let device, let id):
            let key = StoreRecord.key(device, id)
            guard let notice = waiting(for: device).first(where: { $0.id == id }) else {
                return .delete(.welcomes, key: key)
            }
            return .put(.welcomes, key: key, value: Shard.encode(.welcome(notice)))
        case .blob(let hash):
            guard let blob = blobs[hash] else { return .delete(.welcomeBlobs, key: hash.bytes) }
            return .put(.welcomeBlobs, key: hash.bytes, value: blob.bytes)
        }
    }

    mutating func restore(latest: UInt64) { self.latest = latest }

    /// By ascending ids.
    mutating func restore(_ notice: WelcomeNotice, for device: PeerIdentity) throws(RecoveryError) {
        guard notice.id <= latest else { throw RecoveryError("welcome \(notice.id) is later than the latest") }
        notices[device, default: []].append(notice)
    }

    /// After the notices.
    mutating func restore(_ blob: ByteBuffer, as hash: Digest) throws(RecoveryError) {
        guard Digest(of: blob) == hash else { throw RecoveryError("the welcome \(hash) was changed") }
        let users = notices.values.reduce(0) { $0 + $1.count { $0.welcome.hash == hash } }
        guard users > 0 else {
            // Its last notice was gone, and then everything ended.
            changed.insert(.blob(hash))
            return
        }
        blobs[hash] = Blob(bytes: blob, users: users)
        bytes += blob.readableBytes
    }

    func checkRestored() throws(RecoveryError) {
        for notice in notices.values.joined() where blobs[notice.welcome.hash] == nil {
            throw RecoveryError("the welcome \(notice.welcome.hash) is missing")
        }
    }
}
