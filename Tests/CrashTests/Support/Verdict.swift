import Chat
import ChatWire

/// The checker of all crash tests: what a server had told, against what is in its logs.
struct Verdict: Sendable {
    /// Acknowledged, and not in the log.
    private(set) var lost: [String] = []
    /// Every other promise that was broken.
    private(set) var broken: [String] = []
    private(set) var acknowledged = 0
    private(set) var entries = 0

    var isClean: Bool { lost.isEmpty && broken.isEmpty }

    /// - Parameters:
    ///   - readings: of each room, by those who are in it; the founder's first, from the first entry that is kept.
    ///   - isSettled: whether all that was sent has its answer.
    init(_ ledger: Ledger, _ readings: [RoomID: [Reading]], isSettled: Bool) {
        broken = ledger.complaints
        acknowledged = ledger.acknowledged.count
        for readings in readings.values {
            guard let whole = readings.first else { continue }
            entries += whole.lines.count
            checkForm(of: whole)
            checkOrder(of: whole, ledger)
            checkPlaces(in: whole, ledger, isSettled: isSettled)
            checkShown(in: whole, ledger)
            for other in readings.dropFirst() { compare(other, with: whole) }
        }
        let known = Set(readings.keys)
        for sending in ledger.acknowledged.keys where !known.contains(sending.room) {
            lost.append("\(sending.name): nobody has read its room")
        }
    }

    /// Numbers without gaps, and the chain that the server tells.
    private mutating func checkForm(of whole: Reading) {
        for (line, wanted) in zip(whole.lines, whole.first...) where line.sequence != wanted {
            broken.append("\(whole.room): entry \(line.sequence) stands where \(wanted) belongs")
            return
        }
        guard let status = whole.status else { return }
        guard let last = whole.lines.last else {
            broken.append("\(whole.room): the room is there without an entry")
            return
        }
        if status.head != last.sequence || last.chain.map({ $0 != status.chain }) ?? false {
            broken.append("\(whole.room): the chain at \(status.head) is not that of the \(last.sequence) entries")
        }
    }

    /// Everything once, and what a device sent in the order in which it did.
    private mutating func checkOrder(of whole: Reading, _ ledger: Ledger) {
        var latest: [PeerIdentity: (messages: UInt64, rest: UInt64)] = [:]
        for line in whole.lines {
            let sending = Ledger.Sending(room: whole.room, device: line.sender, token: line.token)
            guard ledger.sent[sending] == line.payload else {
                broken.append("\(sending.name), entry \(line.sequence), is not what its sender sent")
                continue
            }
            guard line.token > 0 else { continue }
            var before = latest[line.sender] ?? (0, 1 << 63)
            if line.token >> 63 == 0 {
                if line.token <= before.messages { broken.append("\(sending.name) is there twice or in disorder") }
                if before.messages > 0, line.token > before.messages + 1 {
                    broken.append("\(sending.name): \(line.token - before.messages - 1) before it are missing")
                }
                before.messages = line.token
            } else {
                if line.token <= before.rest { broken.append("\(sending.name) is there twice or in disorder") }
                before.rest = line.token
            }
            latest[line.sender] = before
        }
    }

    private mutating func checkPlaces(in whole: Reading, _ ledger: Ledger, isSettled: Bool) {
        var places: [Ledger.Sending: Ledger.Place] = [:]
        for line in whole.lines {
            places[Ledger.Sending(room: whole.room, device: line.sender, token: line.token)] =
                Ledger.Place(sequence: line.sequence, time: line.time)
        }
        for (sending, place) in ledger.acknowledged where sending.room == whole.room {
            // What the server has dropped on purpose it says.
            guard place.sequence >= whole.first else { continue }
            guard let found = places[sending] else {
                lost.append("\(sending.name), acknowledged as entry \(place.sequence)")
                continue
            }
            if found != place {
                broken.append("\(sending.name) was acknowledged as entry \(place.sequence), and is \(found.sequence)")
            }
        }
        guard isSettled else { return }
        for sending in places.keys where ledger.acknowledged[sending] == nil {
            broken.append("\(sending.name) has its place and never got an answer")
        }
    }

    /// What somebody was shown is still there, and the same.
    private mutating func checkShown(in whole: Reading, _ ledger: Ledger) {
        let lines = Dictionary(whole.lines.map { ($0.sequence, $0) }, uniquingKeysWith: { first, _ in first })
        for (sequence, digest) in ledger.shown[whole.room, default: [:]] where sequence >= whole.first {
            guard let line = lines[sequence] else {
                lost.append("\(whole.room): entry \(sequence), which somebody was shown")
                continue
            }
            if line.fingerprint != digest { broken.append("\(whole.room): entry \(sequence) was another one") }
        }
        for head in ledger.heads[whole.room, default: []] where head.sequence >= whole.first {
            guard let line = lines[head.sequence] else {
                lost.append("\(whole.room): all up to entry \(head.sequence), which the server had told of")
                continue
            }
            if line.chain != head.chain {
                broken.append("\(whole.room): the chain at \(head.sequence) was another one")
            }
        }
    }

    private mutating func compare(_ other: Reading, with whole: Reading) {
        let rest = whole.lines.drop { $0.sequence < other.lines.first?.sequence ?? .max }
        guard other.status != nil else { return }
        if other.lines.isEmpty || !other.lines.map(\.fingerprint).elementsEqual(rest.map(\.fingerprint)) {
            broken.append("\(whole.room): \(other.reader) reads another log than \(whole.reader)")
        }
    }
}

extension Verdict: CustomStringConvertible {
    var description: String {
        let first = (lost.prefix(8).map { "lost: " + $0 } + broken.prefix(8)).joined(separator: "\n  ")
        return
            "\(acknowledged) acknowledged, \(entries) entries, \(lost.count) lost, \(broken.count) broken\n  \(first)"
    }
}
