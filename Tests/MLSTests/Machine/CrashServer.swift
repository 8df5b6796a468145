import Crypto
import MLS
import MLSWire

/// The delivery service: one log for the group, in which the first commit of an epoch wins. Whatever is submitted twice
/// is in it once.
final class CrashServer {
    struct Entry {
        let message: MLSMessage
        let bytes: [UInt8]
        let welcome: Welcome?
    }

    private(set) var log: [Entry] = []
    private var epoch: UInt64 = 0
    private var lastCommits: [[UInt8]] = []
    /// Key packages that clients have left, by name.
    var keyPackages: [String: [UInt8]] = [:]
    /// For every message that left a device: the key that it was encrypted with, and its bytes.
    private var ledger: [Use: [UInt8]] = [:]

    /// A message key: no two messages have one in common.
    private struct Use: Hashable {
        let epoch: [UInt8]
        let leaf: LeafIndex
        let isHandshake: Bool
        let generation: UInt32
    }

    /// Takes a message into the log. A commit that is not of the present epoch, or comes second, is left out.
    func submit(_ bytes: [UInt8], welcome: [UInt8]? = nil, isCommit: Bool = false) throws {
        guard !log.contains(where: { $0.bytes == bytes }) else { return }
        let message = try MLSMessage(decoding: bytes)
        guard case .privateMessage(let content) = message else { throw Unexpected("a message in the clear") }
        if isCommit {
            guard content.epoch == epoch else { return }
            epoch += 1
        }
        log.append(Entry(message: message, bytes: bytes, welcome: try welcome.map { try Welcome(decoding: $0) }))
    }

    /// Notes with which key a message was encrypted that leaves a device.
    func note(_ bytes: [UInt8], of group: borrowing MLSGroup) throws {
        guard case .privateMessage(let message) = try MLSMessage(decoding: bytes) else { return }
        // A message of an earlier epoch was noted when it was first sent, or left in the store before that.
        let protection: MessageProtection? =
            message.epoch == group.epoch.group.epoch
            ? group.epoch.protection : group.past.first { $0.epoch == message.epoch }?.protection
        guard let protection else { throw Unexpected("a message that is sent too late to be read") }
        let sender = try protection.senderData(of: message)
        guard sender.leaf == group.leaf else { throw Unexpected("a message under another's name") }
        let use = Use(
            epoch: protection.senderData.bytes, leaf: sender.leaf,
            isHandshake: message.contentType != .application, generation: sender.generation)
        if let other = ledger.updateValue(bytes, forKey: use), other != bytes {
            throw Unexpected("two messages with the key of generation \(sender.generation)")
        }
    }
}
