import Chat
import ChatWire
import Testing

/// What all clients of a simulation know together of one room: every place in its log holds one thing, and the chain is the same.
final class History {
    private var entries: [UInt64: LogEntry] = [:]
    /// What a sender was told of its own message, before anybody got it.
    private var places: [UInt64: (PeerIdentity, UInt64)] = [:]

    var count: Int { entries.count }
    /// As far as anybody has seen.
    var epoch: UInt64 {
        UInt64(entries.values.count { $0.kind == .commit }) - UInt64(entries.values.count { $0.kind == .voided })
    }
    var latestCommit: UInt64? { entries.values.filter { $0.kind == .commit }.map(\.sequence).max() }
    func roster(of commit: UInt64) -> Roster? { entries[commit]?.roster }

    func see(_ entry: LogEntry, by client: TestClient) {
        if let known = entries[entry.sequence], known != entry {
            Issue.record("\(client.identity) got another entry \(entry.sequence) than others")
        }
        entries[entry.sequence] = entry
        if let (sender, token) = places[entry.sequence], sender != entry.sender || token != entry.token {
            Issue.record("entry \(entry.sequence) is not what \(sender) was told")
        }
    }

    func accept(_ sequence: UInt64, _ token: UInt64, by client: TestClient) {
        if let entry = entries[sequence], entry.sender != client.identity || entry.token != token {
            Issue.record("\(client.identity) was told \(sequence), where another message is")
        }
        places[sequence] = (client.identity, token)
    }

    /// The chain up to an entry, as the entries give it.
    func chain(of room: RoomID, through head: UInt64) throws -> Digest {
        var chain = LogChain.start(of: room)
        for sequence in stride(from: 1, through: head, by: 1) {
            chain = LogChain.next(chain, try #require(entries[sequence]))
        }
        return chain
    }
}
