import Audit
import Chat
import ChatServer
import ChatWire
import TLSTransport

extension AuditEvent {
    /// What the delivery service tells of.
    init(_ event: ServerEvent, at time: Timestamp) {
        switch event {
        case .founded(let room, let founder, let policy):
            self.init(.founded, at: time, who: founder, room: room, sequence: 1, policy.words)
        case .closed(let room): self.init(.closed, at: time, room: room, "the last device has left")
        case .committed(let room, let device, let sequence, let added, let removed):
            self.init(
                .committed, at: time, who: device, room: room, sequence: sequence, added: added, removed: removed,
                added == [device] && removed.isEmpty ? "joined by itself" : "")
        case .voided(let room, let committer, let sequence):
            self.init(
                .voided, at: time, who: committer, room: room, sequence: sequence,
                "most members that were there could not accept the commit")
        case .left(let room, let device, let sequence):
            self.init(.left, at: time, who: device, room: room, sequence: sequence)
        case .removalAsked(let room, let device, let sequence):
            self.init(
                .removalAsked, at: time, who: device, room: room, sequence: sequence, "its certificate was revoked")
        case .readdAsked(let room, let device, let sequence):
            self.init(.readdAsked, at: time, who: device, room: room, sequence: sequence)
        case .claimed(let user, let wanted, let claimant, let count):
            self.init(
                .claimed, at: time, who: claimant, count: UInt64(clamping: count),
                "key packages of " + (wanted.map { "\(user)/\($0)" } ?? "\(user)"))
        case .limited(let device, let room, let words):
            self.init(.limited, at: time, who: device, room: room, words)
        case .logCut(let room, let first, let last):
            self.init(
                .logCut, at: time, room: room, count: last >= first ? last - first + 1 : 0,
                "entries \(first)–\(last) were dropped")
        }
    }

    static func connected(_ connection: TLSConnection, at time: Timestamp) -> AuditEvent {
        let parameters = connection.parameters.map { "\($0.cipherSuite) \($0.group)" } ?? ""
        return AuditEvent(
            .connected, at: time, who: connection.peerCertificate?.identity, from: connection.audited, parameters)
    }

    /// - Parameters:
    ///   - wasIn: whether it was a device's connection.
    ///   - farewell: with which words we sent it away.
    static func closed(
        _ connection: TLSConnection, because reason: TLSCloseReason, _ farewell: Failure?, wasIn: Bool,
        at time: Timestamp
    ) -> AuditEvent {
        let kind: AuditKind = !wasIn ? .refused : isOurDoing(reason, farewell) ? .expelled : .disconnected
        return AuditEvent(
            kind, at: time, who: connection.peerCertificate?.identity, from: connection.audited,
            farewell?.words ?? "\(reason)")
    }

    /// Whether the server ended the connection for something that the other side did.
    private static func isOurDoing(_ reason: TLSCloseReason, _ farewell: Failure?) -> Bool {
        if let farewell { return farewell.code != .shuttingDown }
        switch reason {
        case .framing, .tooSlow: return true
        default: return false
        }
    }
}

extension TLSConnection {
    fileprivate var audited: String { remoteAddress?.shortDescription ?? "" }
}

extension RoomPolicy {
    fileprivate var words: String {
        let admission =
            switch self.admission {
            case .open: "open to anyone of the deployment"
            case .invite: "by invitation"
            case .direct: "a talk of two"
            }
        return admission + (auditor.map { ", audited by \($0)" } ?? "")
    }
}
