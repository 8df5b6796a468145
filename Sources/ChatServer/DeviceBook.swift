import Chat
import ChatWire
import NIOCore

/// What the server keeps of devices, whether they are online or not.
struct DeviceBook: Sendable {
    private struct Record {
        var stock = KeyPackageStock()
        /// In which order devices have published for the first time; 0: it has not.
        var publication: UInt64 = 0
        var roomsFounded = 0
    }

    private let limits: ServerLimits
    private var records: [PeerIdentity: Record] = [:]
    /// The devices that have published key packages, by user, in the order in which they first did.
    private var devices: [UserName: [PeerIdentity]] = [:]
    private(set) var welcomes = WelcomeBox()
    /// Whose certificate was revoked, and who has not come with another since.
    private(set) var revoked: Set<PeerIdentity> = []
    private var latestPublication: UInt64 = 0
    private var changed: Set<StoreKey> = []

    /// What may have changed: what is to be stored of it is asked when it is stored, since event loops share the book.
    enum StoreKey: Hashable, Sendable {
        case device(PeerIdentity)
        case package(PeerIdentity, UInt64)
        case lastResort(PeerIdentity)
        case welcomes(WelcomeBox.StoreKey)
    }

    init(limits: ServerLimits) {
        self.limits = limits
    }

    // MARK: Key packages

    struct Stocked {
        var count: Int
        var hasLastResort: Bool
        /// Whether the device has published for the first time.
        var isNew: Bool
    }

    /// - Throws: ``Failure/Code/revoked``; ``Failure/Code/tooLarge`` if they are too many; nothing is kept then.
    mutating func publish(
        _ packages: [KeyPackageStock.Package], lastResort: KeyPackageStock.Package?, by device: PeerIdentity,
        now: Timestamp
    ) throws(Failure) -> Stocked {
        guard !revoked.contains(device) else {
            throw Failure(.revoked, "the certificate of \(device) was revoked")
        }
        var record = records[device] ?? Record()
        record.stock.dropExpired(now: now.seconds)
        guard record.stock.add(packages, lastResort: lastResort, limit: limits.keyPackagesPerDevice) else {
            let words = "the server keeps \(limits.keyPackagesPerDevice) key packages of a device and has "
            throw Failure(.tooLarge, words + "\(record.stock.count) of yours; publish fewer")
        }
        let isNew = record.publication == 0
        if isNew {
            latestPublication += 1
            record.publication = latestPublication
            devices[device.user, default: []].append(device)
            changed.insert(.device(device))
        }
        records[device] = record
        noteStock(of: device)
        return Stocked(count: record.stock.count, hasLastResort: record.stock.hasLastResort, isNew: isNew)
    }

    /// How many key packages of a device are left.
    func stock(of device: PeerIdentity) -> Int { records[device]?.stock.count ?? 0 }

    /// Key packages of a user's devices, or of one of them, as many as go into a frame.
    /// - Returns: them, and the devices that have few left.
    mutating func claim(
        _ user: UserName, _ device: DeviceName?, for claimant: PeerIdentity, now: Timestamp
    ) -> (offers: [OfferedPackage], low: [(PeerIdentity, Int)]) {
        var offers: [OfferedPackage] = []
        var low: [(PeerIdentity, Int)] = []
        var room = Frame.maximumPayload
        for owner in devices[user] ?? [] where owner != claimant && (device == nil || owner.device == device) {
            records[owner]?.stock.dropExpired(now: now.seconds)
            defer { noteStock(of: owner) }
            guard let next = records[owner]?.stock.next else { continue }
            let size = next.readableBytes + 3 + owner.encodedSize
            guard size <= room, let package = records[owner]?.stock.take() else { continue }
            room -= size
            offers.append(OfferedPackage(owner, package))
            // Its publication may be under way to the disk, by another loop.
            changed.insert(.device(owner))
            if stock(of: owner) < limits.fewKeyPackages { low.append((owner, stock(of: owner))) }
        }
        return (offers, low)
    }

    // MARK: Welcomes

    mutating func put(
        _ notices: [(PeerIdentity, WelcomeNotice)], _ welcome: ByteBuffer
    ) -> [(PeerIdentity, WelcomeNotice)] {
        notices.filter { !revoked.contains($0.0) }.map { device, notice in
            (device, welcomes.put(notice, welcome, for: device, limit: limits.welcomesPerDevice))
        }
    }

    mutating func settle(_ welcomes: [(PeerIdentity, WelcomeNotice)]) -> [(PeerIdentity, WelcomeNotice)] {
        self.welcomes.settle(welcomes)
    }

    mutating func takeWelcome(_ id: UInt64, by device: PeerIdentity) { welcomes.take(id, by: device) }

    /// Notices of these welcomes are gone from the disk too.
    mutating func releaseWelcomes(_ hashes: [Digest]) { welcomes.release(hashes) }

    mutating func dropWelcomes(for device: PeerIdentity, where isObsolete: (WelcomeNotice) -> Bool) {
        welcomes.drop(for: device, where: isObsolete)
    }

    mutating func dropWelcomes(of room: RoomID, commit: UInt64) {
        welcomes.drop(room: room, commit: commit)
    }

    // MARK: Rooms

    /// - Returns: `false` if the device has founded as many rooms as it may.
    mutating func found(by device: PeerIdentity) -> Bool {
        guard records[device, default: Record()].roomsFounded < limits.roomsFoundedPerDevice else { return false }
        records[device, default: Record()].roomsFounded += 1
        return true
    }

    mutating func abandon(by device: PeerIdentity) {
        records[device]?.roomsFounded -= 1
    }

    // MARK: Revocation

    mutating func revoke(_ device: PeerIdentity) {
        if revoked.insert(device).inserted { changed.insert(.device(device)) }
        records[device]?.stock.removeAll()
        noteStock(of: device)
        welcomes.drop(for: device) { _ in true }
    }

    /// The device has come with a certificate that is good.
    mutating func reinstate(_ device: PeerIdentity) {
        if revoked.remove(device) != nil { changed.insert(.device(device)) }
    }
}

// MARK: Storing

extension DeviceBook {
    private mutating func noteStock(of device: PeerIdentity) {
        guard let (numbers, lastResort) = records[device]?.stock.takeChanges() else { return }
        for number in numbers { changed.insert(.package(device, number)) }
        if lastResort { changed.insert(.lastResort(device)) }
    }

    /// What a loop has changed.
    struct Changes: Sendable {
        /// To be stored by it.
        var keys: Set<StoreKey> = []
        /// To be released when that is stored.
        var welcomes: [Digest] = []

        var isEmpty: Bool { keys.isEmpty && welcomes.isEmpty }

        mutating func add(_ other: Changes) {
            keys.formUnion(other.keys)
            welcomes += other.welcomes
        }
    }

    mutating func takeChanges() -> Changes {
        defer { changed = [] }
        let keys = changed.union(welcomes.takeChanges().map { .welcomes($0) })
        return Changes(keys: keys, welcomes: welcomes.takeLeft())
    }

    /// What is to be stored there, as it is now.
    func write(_ key: StoreKey) -> StoreWrite {
        switch key {
        case .device(let device):
            let publication = records[device]?.publication ?? 0
            let isRevoked = revoked.contains(device)
            guard publication > 0 || isRevoked else { return .delete(.devices, key: StoreRecord.key(device)) }
            let value = StoreRecord.value {
                $0.write(publication)
                $0.write(isRevoked ? 1 : 0 as UInt8)
            }
            return .put(.devices, key: StoreRecord.key(device), value: value)
        case .package(let device, let number):
            return Self.write(
                records[device]?.stock.value(of: number), to: .packages, key: StoreRecord.key(device, number))
        case .lastResort(let device):
            return Self.write(
                records[device]?.stock.lastResortValue, to: .lastResorts, key: StoreRecord.key(device))
        case .welcomes(let key): return welcomes.write(key)
        }
    }

    private static func write(_ value: ByteBuffer?, to table: StoreTable, key: [UInt8]) -> StoreWrite {
        value.map { .put(table, key: key, value: $0) } ?? .delete(table, key: key)
    }

    mutating func restore(_ device: PeerIdentity, publication: UInt64, isRevoked: Bool) {
        records[device, default: Record()].publication = publication
        latestPublication = max(latestPublication, publication)
        if publication > 0 { devices[device.user, default: []].append(device) }
        if isRevoked { revoked.insert(device) }
    }

    mutating func restorePackage(
        _ number: UInt64, of device: PeerIdentity, from value: ByteBuffer
    ) throws(RecoveryError) {
        try records[device, default: Record()].stock.restore(number, from: value)
    }

    mutating func restoreLastResort(of device: PeerIdentity, from value: ByteBuffer) throws(RecoveryError) {
        try records[device, default: Record()].stock.restoreLastResort(from: value)
    }

    mutating func restore(latestWelcome: UInt64) { welcomes.restore(latest: latestWelcome) }

    mutating func restore(_ notice: WelcomeNotice, for device: PeerIdentity) throws(RecoveryError) {
        try welcomes.restore(notice, for: device)
    }

    mutating func restoreWelcome(_ blob: ByteBuffer, as hash: Digest) throws(RecoveryError) {
        try welcomes.restore(blob, as: hash)
    }

    mutating func restoreFounding(by device: PeerIdentity) {
        records[device, default: Record()].roomsFounded += 1
    }

    /// All has been restored.
    mutating func finishRestoring() throws(RecoveryError) {
        try welcomes.checkRestored()
        for user in devices.keys {
            devices[user]?.sort { (records[$0]?.publication ?? 0) < (records[$1]?.publication ?? 0) }
        }
    }
}

extension Timestamp {
    var seconds: UInt64 { milliseconds / 1_000 }
}
