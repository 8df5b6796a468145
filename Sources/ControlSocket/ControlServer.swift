package import Glibc

/// All sockets of the daemon and their clients, for an event loop that polls.
///
/// ```swift
/// var entries = server.entries()
/// poll(&entries, nfds_t(entries.count), server.wait ?? …)
/// for (peer, line) in server.serve(entries, now) { peer.send(answer(line), now) }
/// ```
package final class ControlServer {
    package let listeners: [ControlListener]
    package private(set) var peers: [ControlPeer] = []
    /// Clients that were turned away as there were too many of their role.
    package private(set) var turnedAway = 0

    package init(_ listeners: [ControlListener]) { self.listeners = listeners }

    /// What to poll for.
    package func entries() -> [pollfd] {
        listeners.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            // One that has to wait is not polled: that it is gone would wake the loop again and again.
            + peers.map { pollfd(fd: $0.events == 0 ? -1 : $0.descriptor, events: $0.events, revents: 0) }
    }

    /// Milliseconds after which ``serve(_:_:)`` has to be called although nothing happens; `nil`: never.
    package var wait: Int64? {
        if peers.contains(where: \.isPaused) { return 20 }
        return peers.contains { $0.waiting > 0 } ? 1_000 : nil
    }

    /// Takes what came, and sends what waits.
    /// - Parameters:
    ///   - polled: entries with their answers; others than ours are passed over.
    ///   - now: milliseconds of a steady clock.
    /// - Returns: whole lines, and who sent them. Those of an ended peer go nowhere.
    package func serve(_ polled: some Sequence<pollfd>, _ now: Int64) -> [(peer: ControlPeer, line: [UInt8])] {
        var ready: [Int32: Int16] = [:]
        for entry in polled where entry.revents != 0 { ready[entry.fd, default: 0] |= entry.revents }
        var lines: [(peer: ControlPeer, line: [UInt8])] = []
        for peer in peers {
            let events = ready[peer.descriptor] ?? 0
            let canRead = events & Int16(POLLIN | POLLHUP | POLLERR) != 0
            if (canRead && peer.waiting < peer.role.limits.waiting / 2) || peer.isPaused {
                lines += peer.readLines(now).map { (peer, $0) }
            }
            if peer.waiting > 0 || events & Int16(POLLHUP | POLLERR) != 0 { peer.flush(now) }
        }
        peers.removeAll { $0.end != nil }
        for listener in listeners where ready[listener.descriptor] != nil { welcome(listener, now) }
        return lines
    }

    /// Those who are gone need no more answers.
    package func isConnected(_ peer: ControlPeer) -> Bool { peer.end == nil && peers.contains { $0 === peer } }

    private func welcome(_ listener: ControlListener, _ now: Int64) {
        for _ in 0..<16 {
            guard let peer = listener.accept() else { return }
            guard peers.count(where: { $0.role == peer.role }) < peer.role.limits.clients else {
                turnedAway += 1
                peer.finish("There are \(peer.role.limits.clients) clients on \(listener.path) already; end one", now)
                continue
            }
            peers.append(peer)
        }
    }
}
