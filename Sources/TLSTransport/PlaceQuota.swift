import Synchronization

/// Places for connections, or for handshakes: so many altogether, so many of each network, and of all of them a part that
/// strangers may take. Whoever only connects and waits must not take all of them, from however many addresses.
final class PlaceQuota: Sendable {
    private let limits: Limits
    private let state = Mutex(State())

    struct Limits: Sendable {
        var total: Int
        var perNetwork: Int
        /// Of the total, those that may be taken from networks where nobody was authenticated lately.
        var strangers: Int
    }

    private struct State {
        var total = 0
        var strangers = 0
        var networks: [ClientNetwork: Int] = [:]
    }

    init(_ limits: Limits) {
        self.limits = limits
    }

    /// - Parameter network: `nil` counts for the total alone.
    /// - Returns: a place, to be released when it is free again; `nil` if there is none for that network.
    func take(for network: ClientNetwork?, isKnown: Bool) -> Place? {
        let isFree = state.withLock { state in
            guard state.total < limits.total, isKnown || state.strangers < limits.strangers else { return false }
            if let network {
                guard state.networks[network, default: 0] < limits.perNetwork else { return false }
                state.networks[network, default: 0] += 1
            }
            state.total += 1
            if !isKnown { state.strangers += 1 }
            return true
        }
        return isFree ? Place(quota: self, holder: Holder(network: network, isStranger: !isKnown)) : nil
    }

    fileprivate struct Holder {
        var network: ClientNetwork?
        var isStranger: Bool
    }

    private func release(_ holder: Holder) {
        state.withLock { state in
            state.total -= 1
            if holder.isStranger { state.strangers -= 1 }
            guard let network = holder.network, let count = state.networks[network] else { return }
            state.networks[network] = count > 1 ? count - 1 : nil
        }
    }

    private func acquaint() {
        state.withLock { $0.strangers -= 1 }
    }

    /// Places that are taken.
    var count: Int { state.withLock { $0.total } }
    /// Those of strangers among them.
    var strangerCount: Int { state.withLock { $0.strangers } }
    /// Networks that have some.
    var networkCount: Int { state.withLock { $0.networks.count } }

    /// A place that is taken.
    final class Place: Sendable {
        private let quota: PlaceQuota
        private let holder: Mutex<Holder?>

        fileprivate init(quota: PlaceQuota, holder: Holder) {
            self.quota = quota
            self.holder = Mutex(holder)
        }

        /// Whoever has it was authenticated: it no longer counts as a stranger's.
        func acquaint() {
            let wasStranger = holder.withLock { holder in
                let wasStranger = holder?.isStranger == true
                holder?.isStranger = false
                return wasStranger
            }
            if wasStranger { quota.acquaint() }
        }

        /// It is free again; to say it once more does nothing.
        func release() {
            let holder = holder.withLock { holder in
                defer { holder = nil }
                return holder
            }
            if let holder { quota.release(holder) }
        }
    }
}
