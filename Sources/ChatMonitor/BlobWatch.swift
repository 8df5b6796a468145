import Chat
import ChatWire
import NIOCore

/// Follows what one connection fetches: each part answers a request, and the parts make up what the request names by its hash.
struct BlobWatch {
    struct Want {
        var room: RoomID
        var hash: Digest
        var offset: Int
    }

    struct Part {
        var total: Int
        var bytes: [UInt8]
    }

    /// What there is to say, and how many bytes of the stream it is about.
    enum Outcome {
        case nothing
        case whole([UInt8], Digest, room: RoomID, streamBytes: Int)
        case violation(String, streamBytes: Int)
        case doubt(String, streamBytes: Int)
    }

    private let log: InspectionLog
    private var wants: [RequestID: Want] = [:]
    /// Answers that were captured before their requests.
    private var early: [RequestID: Part] = [:]
    private var assemblies: [Digest: BlobAssembly] = [:]
    /// Everything that was said is known.
    var isWhole = true

    private static let mostWants = 4_096
    private static let mostEarly = 64
    private static let mostAssemblies = 256

    init(_ log: InspectionLog) {
        self.log = log
    }

    var heldBytes: Int {
        assemblies.values.reduce(0) { $0 + $1.heldBytes } + early.values.reduce(0) { $0 + $1.bytes.count }
    }

    mutating func ask(_ request: RequestID, _ want: Want) -> Outcome {
        if let part = early.removeValue(forKey: request) { return add(part, want) }
        guard wants.count < Self.mostWants else {
            isWhole = false
            return .doubt("more is fetched at once than is followed", streamBytes: 0)
        }
        wants[request] = want
        return .nothing
    }

    mutating func answer(_ request: RequestID, _ part: Part) -> Outcome {
        if let want = wants.removeValue(forKey: request) { return add(part, want) }
        // On several processors an answer may be captured before what it answers.
        if early.count < Self.mostEarly, early[request] == nil {
            early[request] = part
            return .nothing
        }
        return unasked(part)
    }

    mutating func forget(_ request: RequestID) { wants[request] = nil }

    private func unasked(_ part: Part) -> Outcome {
        isWhole
            ? .violation(
                "the server sends \(part.bytes.count) bytes as a part of something that nobody asked for",
                streamBytes: part.bytes.count)
            : .doubt("\(part.bytes.count) bytes answer a request that is not known", streamBytes: part.bytes.count)
    }

    private mutating func add(_ part: Part, _ want: Want) -> Outcome {
        guard assemblies.count < Self.mostAssemblies || assemblies[want.hash] != nil else {
            return .doubt("more is fetched at once than is followed", streamBytes: part.bytes.count)
        }
        var assembly = assemblies.removeValue(forKey: want.hash) ?? BlobAssembly()
        var outcome = assembly.add(part.bytes, at: want.offset, of: part.total)
        if outcome == .unfinished, let orphan = log.takeOrphan(of: want.hash) {
            log.heldBytes -= orphan.heldBytes
            outcome = assembly.adopt(orphan)
        }
        switch outcome {
        case .unfinished:
            assemblies[want.hash] = assembly
            return .nothing
        case .broken(let words):
            return .violation("something large that was fetched: \(words)", streamBytes: assembly.streamBytes)
        case .whole(let bytes):
            if let announced = log.announcement(of: want.hash), Int(announced.blob.size) != bytes.count {
                return .violation(
                    "something large has \(bytes.count) bytes, and \(announced.blob.size) were announced",
                    streamBytes: assembly.streamBytes)
            }
            guard Digest(of: bytes) == want.hash else {
                return .violation(
                    "something large of \(bytes.count) bytes has not the SHA-256 that was asked for",
                    streamBytes: assembly.streamBytes)
            }
            return .whole(bytes, want.hash, room: want.room, streamBytes: assembly.streamBytes)
        }
    }

    /// Forgets all that is not whole.
    mutating func giveUp() {
        for assembly in assemblies.values { log.ledger.add(assembly.streamBytes, to: .unaccounted) }
        for part in early.values { log.ledger.add(part.bytes.count, to: .unaccounted) }
        (assemblies, early, wants) = ([:], [:], [:])
        isWhole = false
    }

    /// Nothing more will come: what is not whole may be fetched on by another connection.
    mutating func close() -> [Outcome] {
        let outcomes = early.values.map(unasked)
        for (hash, assembly) in assemblies {
            log.heldBytes += assembly.heldBytes
            log.leave(assembly, of: hash)
        }
        (assemblies, early, wants) = ([:], [:], [:])
        return outcomes
    }
}
