import Chat
import ChatWire
import MLSWire
import NIOCore

/// What concerns devices and no room: key packages and welcomes.
extension Shard {
    /// Tells a new session what waits for its device.
    mutating func receiveNews(_ slot: Int, _ device: PeerIdentity) {
        let (welcomes, stock) = premises.devices.change(&bookChanges) { book in
            book.reinstate(device)
            return (book.welcomes.settled(for: device), book.stock(of: device))
        }
        for welcome in welcomes { tell(slot, .welcome(welcome)) }
        if stock < limits.fewKeyPackages { tell(slot, .stockLow(UInt32(clamping: stock))) }
    }

    mutating func serve(_ request: ClientFrame, from slot: Int) {
        guard let device = sessions[slot]?.device else { return }
        do throws(Failure) {
            try requireDisk()
            switch request {
            case .publish(let number, let packages, let lastResort):
                try publish(packages, lastResort: lastResort, number, slot, device)
            case .claim(let number, let user, let wanted):
                try sessions[slot]?.quota.take(.claim, now: now)
                claim(user, wanted, number, slot, device.identity)
            case .takeWelcome(let number, let id):
                premises.devices.change(&bookChanges) { $0.takeWelcome(id, by: device.identity) }
                tell(slot, .done(number))
            default: throw Failure(.refused, "that is no request about a device")
            }
        } catch {
            note(error, of: device.identity)
            tell(slot, .failed(request.request, error))
        }
    }

    private mutating func publish(
        _ packages: [ByteBuffer], lastResort: ByteBuffer, _ request: RequestID, _ slot: Int, _ device: ConnectedDevice
    ) throws(Failure) {
        guard packages.count <= limits.keyPackagesPerDevice else {
            throw Failure(
                .tooLarge, "the server keeps \(limits.keyPackagesPerDevice) key packages of a device; publish fewer")
        }
        var checked: [KeyPackageStock.Package] = []
        for package in packages { checked.append(try check(package, device)) }
        let last = lastResort.readableBytes == 0 ? nil : try check(lastResort, device)
        let now = now
        let new = checked
        let stocked = try premises.devices.change(&bookChanges) { (book) throws(Failure) in
            try book.publish(new, lastResort: last, by: device.identity, now: now)
        }
        tell(slot, .stocked(request, count: UInt32(clamping: stocked.count), hasLastResort: stocked.hasLastResort))
        guard stocked.isNew else { return }
        let own = Set(premises.online.sessions(of: device.identity))
        let frame = Self.encode(.newDevice(device.identity))
        for session in premises.online.sessions(of: device.identity.user) where !own.contains(session) {
            post(.tell(session, frame: frame), to: session.loop)
        }
    }

    private func check(_ package: ByteBuffer, _ device: ConnectedDevice) throws(Failure) -> KeyPackageStock.Package {
        guard case .keyPackage(let content) = try MLSMessage(package, as: "an MLS KeyPackage"),
            case .keyPackage(let lifetime) = content.leafNode.source
        else { throw Failure(.malformedMessage, "that is not an MLS KeyPackage but another message") }
        try device.requireOwn(content.leafNode.credential)
        guard lifetime.notAfter >= now.seconds else {
            throw Failure(.notAllowed, "that key package has expired; publish a new one")
        }
        return KeyPackageStock.Package(
            bytes: ByteBuffer(bytes: package.readableBytesView), digest: Digest(of: package),
            notAfter: lifetime.notAfter)
    }

    private mutating func claim(
        _ user: UserName, _ wanted: DeviceName?, _ request: RequestID, _ slot: Int, _ device: PeerIdentity
    ) {
        let now = now
        let claimed = premises.devices.change(&bookChanges) { $0.claim(user, wanted, for: device, now: now) }
        note(.claimed(user, wanted, by: device, count: claimed.offers.count))
        tell(slot, .packages(request, claimed.offers))
        for (owner, count) in claimed.low { tell(owner, Self.encode(.stockLow(UInt32(clamping: count)))) }
    }
}
