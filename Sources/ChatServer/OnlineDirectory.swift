package import Chat
import Synchronization

/// Who is online, on all event loops. It changes when a connection comes or goes; messages to rooms do not touch it.
package final class OnlineDirectory: Sendable {
    private let index = Mutex(SessionIndex())
    private let sessionsPerDevice: Int

    package init(limits: ServerLimits) {
        sessionsPerDevice = limits.sessionsPerDevice
    }

    /// - Returns: `false` if the device has as many sessions as it may.
    package func insert(_ session: SessionID, of identity: PeerIdentity) -> Bool {
        index.withLock { index in
            guard index.sessionCount(of: identity) < sessionsPerDevice else { return false }
            _ = index.insert(session, of: identity)
            return true
        }
    }

    package func remove(_ session: SessionID, of identity: PeerIdentity) {
        index.withLock { _ = $0.remove(session, of: identity) }
    }

    package func sessions(of user: UserName) -> [SessionID] {
        index.withLock { $0.sessions(of: user) }
    }

    package func sessions(of device: PeerIdentity) -> [SessionID] {
        index.withLock { $0.sessions(of: device) }
    }

    package func page(after identity: PeerIdentity?, limit: Int) -> (identities: [PeerIdentity], more: Bool) {
        index.withLock { $0.page(after: identity, limit: limit) }
    }

    /// How many devices are online.
    package var count: Int { index.withLock { $0.count } }
}
