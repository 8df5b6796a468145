import Crypto
import MLS
import MLSWire

/// A device as an application may write it so that no crash loses anything. The pattern:
///
/// - What a call changed is stored before what it made leaves the device: a message goes into an outbox, in one transaction
///   with the ratchets. Whatever lies in the outbox may be sent any number of times.
/// - What came is stored with the ratchets that read it, and with the place in the log.
/// - An own commit is stored with its ``StagedEpoch/snapshot`` before it is submitted. The log tells whether it won: if it
///   comes back, the staged epoch is restored and adopted; if another is there first, it is dropped.
/// - A new epoch is stored before it is adopted.
///
/// All that is in memory is the group; it is read from the store at the start.
final class CrashDevice {
    let name: String
    let client: MLSClient
    let store: CrashStore
    let server: CrashServer
    private(set) var group: MLSGroup

    /// Starts with what the store holds.
    init(_ name: String, _ client: MLSClient, _ store: CrashStore, _ server: CrashServer) throws {
        (self.name, self.client, self.store, self.server) = (name, client, store, server)
        guard let epoch = store.secret("epoch"), let ratchets = store.secret("ratchets") else {
            throw Unexpected("\(name) has no group")
        }
        group = try MLSGroup(restoring: GroupSnapshot(epoch: epoch, ratchets: ratchets), client: client)
    }

    // MARK: Sending

    /// Says something. Once this returns, or the process has ended after the write, it will be said.
    func say(_ text: String) throws {
        guard store["said \(text)"] == nil else { return }
        let message = try group.seal(Array(text.utf8)).encoded
        try store.write([
            "said \(text)": [], "outbox \(text)": message, "ratchets": group.ratchetSnapshot.bytes,
        ])
        try sendOutbox()
    }

    func propose(_ change: Change, as name: String) throws {
        guard store["said \(name)"] == nil else { return }
        let message = try group.propose(change).encoded
        try store.write(["said \(name)": [], "outbox \(name)": message, "ratchets": group.ratchetSnapshot.bytes])
        try sendOutbox()
    }

    /// Makes a commit, unless one is under way.
    func commit(_ changes: [Change]) throws {
        guard store["commit"] == nil else { return try submitCommit() }
        let outbound = try group.commit(changes)
        let (message, welcome) = (outbound.message, outbound.welcome)
        try store.write([
            "commit": message.encoded, "commit welcome": welcome?.encoded,
            "commit epoch": outbound.take().snapshot.bytes,
            "ratchets": group.ratchetSnapshot.bytes,
        ])
        try submitCommit()
    }

    /// Submits what was stored and may not have been submitted. The answers may get lost: only the log counts.
    func sendOutbox() throws {
        for (name, message) in store.all("outbox ") {
            try server.note(message, of: group)
            try server.submit(message)
            try store.write([name: nil])
        }
    }

    private func submitCommit() throws {
        guard let message = store["commit"] else { return }
        try server.note(message, of: group)
        try store.place()
        try server.submit(message, welcome: store["commit welcome"], isCommit: true)
        try store.place()
    }

    // MARK: Receiving

    /// Sends what is left to send, and reads what is new in the log.
    func synchronise() throws {
        try sendOutbox()
        try submitCommit()
        while try readNext() {}
    }

    private func readNext() throws -> Bool {
        let position = Int(store["position"]?.first ?? 0)
        guard position < server.log.count else { return false }
        let entry = server.log[position]
        var changes: [String: [UInt8]?] = ["position": [UInt8(position + 1)]]
        if entry.bytes == store["commit"], let stored = store.secret("commit epoch") {
            try adopt(group.staged(restoring: stored), changes)
            return true
        }
        switch try group.receive(entry.message) {
        case .commit(let staged): try adopt(staged, changes)
        case .application(let message):
            let text = String(decoding: message.data, as: UTF8.self)
            let number = 1000 + store.all("shown ").count
            changes["shown \(number)"] = Array(text.utf8)
            changes["ratchets"] = group.ratchetSnapshot.bytes
            try store.write(changes)
        case .proposal:
            changes["ratchets"] = group.ratchetSnapshot.bytes
            try store.write(changes)
        case .own: try store.write(changes)
        }
        return true
    }

    /// Gets the whole log once more, as from a service that lost its memory of what it delivered.
    /// - Throws: if a message can be read again.
    func readAgain() throws {
        for entry in server.log {
            do {
                if case .application = try group.receive(entry.message) { throw Unexpected("a message is read twice") }
            } catch is MLSError {
                continue
            }
        }
    }

    /// Enters an epoch: first in the store, then in memory. Whatever commit was under way has won or lost by now.
    private func adopt(_ staged: consuming StagedEpoch, _ position: [String: [UInt8]?]) throws {
        let snapshot = group.snapshot(adopting: staged)
        var changes = position
        changes["epoch"] = snapshot.epoch.bytes
        changes["ratchets"] = snapshot.ratchets.bytes
        for name in ["commit", "commit welcome", "commit epoch"] { changes[name] = .some(nil) }
        try store.write(changes)
        group.adopt(staged)
    }

    var shown: [String] { store.all("shown ").map { String(decoding: $0.bytes, as: UTF8.self) } }
}

extension CrashDevice {
    /// Makes a group, and stores it.
    static func found(_ client: MLSClient, _ suite: MLSCipherSuite, in store: CrashStore) throws {
        guard store["epoch"] == nil else { return }
        let group = try MLSGroup(GroupID(bytes: [1]), suite: suite, client: client)
        try store.write([
            "epoch": group.snapshot.epoch.bytes, "ratchets": group.snapshot.ratchets.bytes, "position": [0],
        ])
    }

    /// Leaves a key package, whose private keys are stored first.
    static func announce(
        _ name: String, _ client: MLSClient, _ suite: MLSCipherSuite, in store: CrashStore, _ server: CrashServer
    ) throws {
        guard server.keyPackages[name] == nil, store["epoch"] == nil else { return }
        if store["key package"] == nil {
            try store.write(["key package": client.makeKeyPackage(for: suite).snapshot.bytes])
        }
        guard let stored = store.secret("key package") else { return }
        server.keyPackages[name] = try KeyPackageSecrets(restoring: stored).keyPackage.encoded
        try store.place()
    }

    /// Joins by the first welcome in the log that is for the stored key package, which is deleted with that.
    static func join(_ client: MLSClient, in store: CrashStore, _ server: CrashServer) throws {
        guard store["epoch"] == nil, let stored = store.secret("key package") else { return }
        let package = try KeyPackageSecrets(restoring: stored)
        for (position, entry) in server.log.enumerated() {
            guard let welcome = entry.welcome else { continue }
            do {
                let group = try MLSGroup.join(welcome, with: package, client: client)
                return try store.write([
                    "epoch": group.snapshot.epoch.bytes, "ratchets": group.snapshot.ratchets.bytes,
                    "key package": nil, "position": [UInt8(position + 1)],
                ])
            } catch MLSError.notForThisKeyPackage {
                continue
            }
        }
    }
}
