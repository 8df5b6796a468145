import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore
import Testing

@testable import ChatClient

/// Sees every encrypted message that any device sends, also those of processes that died, and expects that no key with its nonce is
/// ever used for two of them.
final class KeyWitness {
    private struct Place: Hashable {
        var group: [UInt8]
        var epoch: UInt64
    }

    /// A key of a ratchet: proposals and commits share one.
    private struct Use: Hashable {
        var secret: Data
        var leaf: UInt32
        var isApplication: Bool
        var generation: UInt32
    }

    private typealias Data = [UInt8]

    private var protections: [Place: [Data: MessageProtection]] = [:]
    private var uses: [Use: Data] = [:]
    private var unplaced: [(PrivateMessage, Data)] = []
    private(set) var seen = 0
    /// Which keys encrypted two different messages.
    private(set) var reused: [String] = []

    init(_ world: World) {
        world.tamperRequest = { [unowned self] frame, device in
            watch(frame, device)
            return [frame]
        }
    }

    /// To be called where something else tampers, too.
    func watch(_ frame: ClientFrame, _ device: Device) {
        learn(from: device)
        switch frame {
        case .send(_, _, _, let payload): note(payload)
        case .submit(_, let submission): note(submission.commit)
        case .leave(_, _, _, let payload): note(payload)
        default: break
        }
    }

    /// Keys that say who sent a message, of all epochs that the device knows.
    private func learn(from device: Device) {
        for room in device.session.rooms.values {
            guard let live = room.live else { continue }
            learn(live.group.epoch.protection)
            for past in live.group.past { learn(past.protection) }
        }
    }

    private func learn(_ protection: MessageProtection) {
        let place = Place(group: protection.groupID.bytes, epoch: protection.epoch)
        protections[place, default: [:]][protection.senderData.withUnsafeBytes { Array($0) }] = protection
    }

    private func note(_ payload: ByteBuffer) {
        let bytes = Array(payload.readableBytesView)
        guard case .privateMessage(let message)? = try? MLSMessage(decoding: bytes) else { return }
        seen += 1
        if !place(message, bytes) { unplaced.append((message, bytes)) }
    }

    private func place(_ message: PrivateMessage, _ bytes: Data) -> Bool {
        for (secret, protection) in protections[Place(group: message.groupID.bytes, epoch: message.epoch)] ?? [:] {
            guard let sender = try? protection.senderData(of: message) else { continue }
            let use = Use(
                secret: secret, leaf: sender.leaf.rawValue, isApplication: message.contentType == .application,
                generation: sender.generation)
            if let before = uses.updateValue(bytes, forKey: use) {
                if before != bytes { reused.append("epoch \(message.epoch), \(sender)") }
            }
            return true
        }
        return false
    }

    /// Expects that no key was used twice, and that all messages could be looked at.
    func finish() {
        let left = unplaced.filter { !place($0.0, $0.1) }
        #expect(reused == [])
        #expect(left.isEmpty, "\(left.count) of \(seen) messages belong to no epoch that anybody knew")
    }
}
