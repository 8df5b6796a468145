import Chat
import ChatWire
import TLSMonitor

/// What an inspection has found, in all connections.
final class InspectionLog {
    var ledger = InnerLedger()
    /// Bytes that were fed, counted apart from the ledger.
    var fedBytes = 0
    /// Bytes in memory, of frames and blobs that are not whole.
    var heldBytes = 0
    /// Frames that were read, of clients and of servers.
    var frames = [0, 0]
    /// Connections in which there was a frame.
    var spoken = 0
    /// Structures that were judged good, by their class.
    private(set) var structures: [InnerClass: Int] = [:]
    var blobs = 0
    var canaryHits = 0
    /// Messages whose length is none that Conclave pads to.
    var unpadded = 0

    private(set) var findings: [Finding] = []
    private var counts: [Key: Int] = [:]
    private var leftOut = 0
    private(set) var hasViolation = false
    private(set) var hasDoubt = false
    /// What was said of blobs before they were fetched.
    private var announced: [Digest: FrameParts.Announcement] = [:]
    private var orphans: [Digest: BlobAssembly] = [:]

    private struct Key: Hashable {
        var flow: Int
        var weight: Finding.Weight
    }

    /// Bytes that wait in all connections together.
    static let heldLimit = 64 << 20
    private static let mostFindings = (ofFlow: 20, ofAll: 10_000)
    private static let mostAnnounced = 65_536
    private static let mostOrphans = 256

    func count(_ kind: InnerClass) { structures[kind, default: 0] += 1 }

    func find(_ weight: Finding.Weight, _ words: String, at place: InnerPlace) {
        find(
            Finding(
                weight: weight, words: words, flow: place.flow, direction: place.direction, offset: place.offset,
                packet: place.packet))
    }

    func find(_ finding: Finding) {
        hasViolation = hasViolation || finding.weight == .violation
        hasDoubt = hasDoubt || finding.weight == .doubt
        let key = Key(flow: finding.flow ?? 0, weight: finding.weight)
        counts[key, default: 0] += 1
        let isFull = findings.count >= Self.mostFindings.ofAll && finding.weight != .violation
        guard counts[key, default: 0] <= Self.mostFindings.ofFlow, !isFull, findings.count < 2 * Self.mostFindings.ofAll
        else {
            leftOut += 1
            return
        }
        findings.append(finding)
    }

    /// The weightiest first.
    func sortedFindings() -> [Finding] {
        let weights: [Finding.Weight] = [.violation, .doubt, .note]
        let sorted = weights.flatMap { weight in findings.filter { $0.weight == weight } }
        return leftOut == 0 ? sorted : sorted + [Finding(weight: .note, words: "\(leftOut) more findings inside")]
    }

    // MARK: Blobs

    func announce(_ announcement: FrameParts.Announcement) {
        guard announced.count < Self.mostAnnounced || announced[announcement.blob.hash] != nil else { return }
        announced[announcement.blob.hash] = announcement
    }

    func announcement(of hash: Digest) -> FrameParts.Announcement? { announced[hash] }

    /// A blob of which a connection has fetched a part alone.
    func leave(_ assembly: BlobAssembly, of hash: Digest) {
        if orphans[hash] != nil || orphans.count >= Self.mostOrphans {
            ledger.add(assembly.streamBytes, to: .unaccounted)
            find(Finding(weight: .doubt, words: "something large was fetched in part: what it is cannot be judged"))
            heldBytes -= assembly.heldBytes
        } else {
            orphans[hash] = assembly
        }
    }

    func takeOrphan(of hash: Digest) -> BlobAssembly? {
        orphans.removeValue(forKey: hash)
    }

    /// Nothing more will come.
    func finish() {
        for orphan in orphans.values {
            ledger.add(orphan.streamBytes, to: .unaccounted)
            heldBytes -= orphan.heldBytes
            find(Finding(weight: .doubt, words: "something large was fetched in part: what it is cannot be judged"))
        }
        orphans = [:]
        if ledger.total != fedBytes {
            find(
                Finding(
                    weight: .doubt,
                    words:
                        "the ledger does not balance: \(ledger.total) of \(fedBytes) bytes inside (an error in this program)"
                ))
        }
    }
}
