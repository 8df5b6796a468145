import Chat
import ChatClient
import Foundation
import MLSWire
import SQLiteStore
import TLSTransport

/// A device with a certificate of a folder, and what its client needs.
struct BenchDevice: Sendable {
    let identity: PeerIdentity
    let context: TLSContext
    let device: DeviceIdentity

    /// - Parameters:
    ///   - name: `alice/default`.
    ///   - folder: made by `scripts/certs`.
    init(_ name: String, in folder: String) throws {
        guard let identity = PeerIdentity(name) else { throw BenchError("\(name) is no USER/DEVICE") }
        self.identity = identity
        let files = TLSFiles.client(identity, in: folder)
        let context = try TLSContext(.client, files: files, now: Int64(Date.now.timeIntervalSince1970))
        self.context = context
        var bytes = try files.readKey(limit: DeviceKey.maximumFileSize)
        let key = try DeviceKey(wiping: &bytes, file: files.key)
        let validator = DeviceValidator(
            judge: { (chain, subject) throws(CertificateRefusal) in try context.judge.judge(chain, as: subject) },
            clock: { Int64(Date.now.timeIntervalSince1970) })
        device = try DeviceIdentity(chain: context.certificateChain, key: key, validator: validator)
    }

    /// A client's session over a store.
    func session(store: any RecordStore) throws -> ClientSession {
        let host = RoomHost(
            me: identity, mls: device.client(clock: { UInt64(Date.now.timeIntervalSince1970) }), suite: device.suite,
            store: store)
        return try ClientSession(host: host)
    }
}

/// What went wrong, and what to do.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
