import Chat
import ChatWire
import MLSWire
import NIOCore

/// What members send that ends no epoch.
extension Room {
    /// A message or a proposal.
    mutating func send(
        _ payload: ByteBuffer, token: UInt64, from device: PeerIdentity, at now: Timestamp
    ) throws(Failure) -> TokenBook.Place {
        if let place = try place(of: token, from: device) { return place }
        try requireRoute(of: device)
        let header = try check(payload)
        guard header.content != .commit else {
            throw Failure(.malformedMessage, "a commit is not sent but submitted, with the epoch that it ends")
        }
        let kind: EntryKind = header.content == .proposal ? .proposal : .message
        return append(kind, by: device, token: token, payload: payload, at: now)
    }

    /// The device gets no more of the room; `payload` proposes its removal to the others, or is empty.
    mutating func leave(
        _ payload: ByteBuffer, token: UInt64, from device: PeerIdentity, at now: Timestamp
    ) throws(Failure) -> TokenBook.Place {
        if let place = try place(of: token, from: device) { return place }
        try requireRoute(of: device)
        if payload.readableBytes > 0 {
            guard try check(payload).content == .proposal else {
                throw Failure(
                    .malformedMessage, "what goes with leaving is the proposal of one's own removal, or nothing")
            }
        }
        let place = append(.leave, by: device, token: token, payload: payload, at: now)
        effects.append(.event(.left(id, device, sequence: place.sequence)))
        remove(device)
        return place
    }

    /// The device has lost the thread and asks the others to add it anew.
    mutating func readd(
        _ package: ByteBuffer, token: UInt64, from device: ConnectedDevice, at now: Timestamp
    ) throws(Failure) -> TokenBook.Place {
        if let place = try place(of: token, from: device.identity) { return place }
        try requireRoute(of: device.identity)
        guard case .keyPackage(let content) = try MLSMessage(package, as: "an MLS KeyPackage") else {
            throw Failure(.malformedMessage, "that is not an MLS KeyPackage but another message")
        }
        try device.requireOwn(content.leafNode.credential)
        let place = append(.readdRequest, by: device.identity, token: token, payload: package, at: now)
        effects.append(.event(.readdAsked(id, by: device.identity, sequence: place.sequence)))
        return place
    }

    /// - Throws: ``Failure/Code/malformedMessage``, ``Failure/Code/staleEpoch``.
    private func check(_ payload: ByteBuffer) throws(Failure) -> MessageHeader {
        let header = try MessageHeader(of: payload)
        guard header.group == id else { throw .otherRoom }
        let oldest = epoch - min(epoch, limits.pastEpochs)
        guard (oldest...epoch).contains(header.epoch) else {
            throw Failure(
                .staleEpoch, "the message is of epoch \(header.epoch); the room takes \(oldest) to \(epoch) now")
        }
        return header
    }
}

extension Failure {
    static let otherRoom = Failure(.malformedMessage, "the message belongs to another room")
}
