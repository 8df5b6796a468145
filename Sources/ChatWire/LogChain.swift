package import Chat

/// The hash over a room's log up to a place: whoever has the same has been shown the same history.
///
///     chain(0) = SHA-256("conclave log v1" ‖ 0 ‖ room)
///     chain(n) = SHA-256(chain(n-1) ‖ entry n without its payload ‖ SHA-256(payload of entry n))
package enum LogChain {
    /// Before the first entry.
    package static func start(of room: RoomID) -> Digest {
        Digest(of: Array("conclave log v1\0".utf8) + room.bytes)
    }

    /// After an entry.
    package static func next(_ chain: Digest, _ entry: LogEntry) -> Digest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        chain.write(to: &bytes)
        // An entry that was read, or that a server made, fits its own lengths.
        try? entry.writeHead(to: &bytes)
        entry.payload.digest.write(to: &bytes)
        return Digest(of: bytes)
    }
}
