import Chat
import ChatWire
import MLS
import MLSWire
import Testing

@testable import ChatClient

/// Looks into everything that devices have ever sent, with the keys of the members: whether one key has protected two things.
final class KeyLedger {
    private struct Epoch: Hashable {
        var room: RoomID
        var number: UInt64
    }

    private struct Use: Hashable {
        var epoch: Epoch
        var leaf: LeafIndex
        var type: MLSContentType
        var generation: UInt32
    }

    private var keys: [Epoch: [[UInt8]: MessageProtection]] = [:]
    /// Messages that were looked into, and those of epochs whose keys were never seen.
    private(set) var seen = 0
    private(set) var unseen = 0

    /// Notes the keys that the devices have now. Groups keep those of some epochs before.
    func note(_ devices: [Device]) {
        for device in devices where !device.isDead {
            for room in device.session.rooms.values {
                guard let live = room.live else { continue }
                note(live.group.epoch.protection, in: room.id)
                for past in live.group.past { note(past.protection, in: room.id) }
            }
        }
    }

    private func note(_ protection: MessageProtection, in room: RoomID) {
        let epoch = Epoch(room: room, number: protection.epoch)
        keys[epoch, default: [:]][protection.senderData.withUnsafeBytes { Array($0) }] = protection
    }

    /// Expects that no key was used for two things by these devices, in this life or another.
    func check(_ devices: [Device], sourceLocation: SourceLocation = #_sourceLocation) {
        for device in devices {
            var uses: [Use: [UInt8]] = [:]
            for bytes in device.sent.compactMap(\.sealedBytes) {
                guard case .privateMessage(let message)? = try? MLSMessage(decoding: bytes),
                    let room = RoomID(bytes: message.groupID.bytes)
                else { continue }
                let epoch = Epoch(room: room, number: message.epoch)
                let data = keys[epoch, default: [:]].values.lazy.compactMap { try? $0.senderData(of: message) }.first
                guard let data else {
                    unseen += 1
                    continue
                }
                seen += 1
                let use = Use(epoch: epoch, leaf: data.leaf, type: message.contentType, generation: data.generation)
                let before = uses.updateValue(bytes, forKey: use)
                #expect(
                    before == nil || before == bytes,
                    "\(device.identity) used a key twice: epoch \(message.epoch), generation \(data.generation)",
                    sourceLocation: sourceLocation)
            }
        }
    }
}

extension ClientFrame {
    /// The MLS message in it, if it is sealed with a member's keys.
    var sealedBytes: [UInt8]? {
        switch self {
        case .send(_, _, _, let payload): Array(payload.readableBytesView)
        case .submit(_, let submission): Array(submission.commit.readableBytesView)
        case .leave(_, _, _, let payload) where payload.readableBytes > 0: Array(payload.readableBytesView)
        default: nil
        }
    }
}

extension Room {
    /// What this device has said and has no place yet.
    var waitingTexts: [String] {
        outbox.tokens.compactMap { outbox[$0]?.body.text?.description }
    }
}

extension Device {
    /// Whether this device is in a room, or on its way.
    func isIn(_ name: String) -> Bool { RoomName(name).map { session.room(named: $0) != nil } ?? false }
}
