import ControlSocket
import Firewall

/// Those who follow the log.
struct LogFollowers {
    private struct Follower {
        let peer: ControlPeer
        var query: LogQuery
    }

    private static let pause: Int64 = 500
    private static let most = 64
    private var all: [Follower] = []
    private var last: Int64 = 0

    /// Milliseconds until somebody is to be told at the latest.
    var wait: Int64? { all.isEmpty ? nil : Self.pause }

    /// What there is goes out at once.
    mutating func add(_ peer: ControlPeer, _ query: LogQuery, _ engine: Engine, _ now: BanTime) {
        guard all.count < Self.most else {
            let failure = ControlFailure(.unavailable, "\(Self.most) follow the log already; end one")
            peer.send(ControlAnswer.failure(failure).json.compact, now.steady)
            return
        }
        var query = query
        query.follows = false
        switch engine.answer(.logs(query), now) {
        case .logs(let rows):
            peer.send(ControlAnswer.logs(rows).json.compact, now.steady)
            query.after = rows.last?.id ?? query.after ?? engine.newest(query.kind)
            query.limit = 1_000
            all.append(Follower(peer: peer, query: query))
        case let other: peer.send(other.json.compact, now.steady)
        }
    }

    mutating func tell(_ engine: Engine, _ server: ControlServer, _ now: BanTime) {
        guard !all.isEmpty, now.steady - last >= Self.pause else { return }
        last = now.steady
        all.removeAll { !server.isConnected($0.peer) }
        for index in all.indices {
            guard case .logs(let rows) = engine.answer(.logs(all[index].query), now), let newest = rows.last else {
                continue
            }
            all[index].query.after = newest.id
            all[index].peer.send(ControlAnswer.logs(rows).json.compact, now.steady)
        }
    }
}

extension Engine {
    fileprivate func newest(_ kind: LogQuery.Kind) -> Int64 { (try? store.reader().newest(kind)) ?? 0 }
}
