import Chat
import ChatWire
import MLSWire
import NIOCore

/// Signs a proposal of the server's.
/// - Parameter: the bytes to be signed, whole: `SignContent` of RFC 9420 §5.1.2.
/// - Returns: the signature, of the form that the group's suite has: ECDSA in DER.
package typealias ProposalSigner = @Sendable (_ toBeSigned: [UInt8]) throws -> [UInt8]

/// Devices whose certificates were revoked.
extension Room {
    /// Proposes the removal of a device to the members, once in each epoch (RFC 9420 §12.1.8).
    mutating func requestRemoval(of device: PeerIdentity, at now: Timestamp, sign: ProposalSigner?) {
        guard let route = routing[device], removalsAsked.insert(device).inserted else { return }
        guard let sign else {
            return effects.append(.warn("\(device) stays in room \(id): there is no key to propose its removal with"))
        }
        do {
            let message = try RemovalProposal(room: id, epoch: epoch, leaf: route.leaf).signed(by: sign)
            let payload = ByteBuffer(bytes: message.encoded)
            let place = append(.removalRequest, by: device, token: 0, payload: payload, at: now)
            effects.append(.event(.removalAsked(id, of: device, sequence: place.sequence)))
        } catch {
            effects.append(.warn("\(device) stays in room \(id): its removal could not be signed: \(error)"))
        }
    }
}
