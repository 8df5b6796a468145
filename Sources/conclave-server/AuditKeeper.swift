import Audit
import Chat
import Logging
import ServerStore

/// Makes the audit log, where the one writer is: chains what happened, signs a checkpoint each minute, and drops what is too old.
struct AuditKeeper {
    private let key: AuditKey
    private let folder: String
    private let retention: AuditRetention
    private let store: ServerStore
    private var chain: AuditChain
    private var first: UInt64
    /// Records up to this one are vouched for.
    private var signed: UInt64
    /// When the last checkpoint was made; the first is made at once.
    private var signedAt: ContinuousClock.Instant?
    /// Seconds that servers had run with this log before.
    private let ranBefore: UInt64
    private let begin = ContinuousClock.now
    /// When what is too old was looked for last, in seconds of ``running``.
    private var lookedForOld: UInt64?
    /// Notes whose events are in the batch that is being stored.
    private var taken: [String] = []

    private static let checkpointInterval: Duration = .seconds(60)
    /// Also when nothing happens, a checkpoint tells how long servers have run.
    private static let idleInterval: Duration = .seconds(3_600)
    private static let day: UInt64 = 86_400

    /// - Parameter folder: the server's own.
    /// - Throws: ``ProgramError`` about the key; ``ServerStoreError``.
    init(_ store: ServerStore, folder: String, retention: AuditRetention, logger: Logger) throws {
        let (key, isNew) = try AuditKeyFile.open(in: folder)
        let bounds = try store.auditBounds()
        self.store = store
        self.folder = folder
        self.retention = retention
        self.key = key
        chain = bounds.chain
        first = bounds.first
        signed = bounds.checkpoint?.size ?? 0
        ranBefore = max(bounds.checkpoint?.running ?? 0, bounds.cut?.running ?? 0)
        if signed > chain.size {
            logger.error(
                "the audit log ends with record \(chain.size), and its last checkpoint counts \(signed): see conclave-server audit verify"
            )
        }
        guard isNew, chain.size > 0 else { return }
        logger.warning("there was no audit-key.pem: the audit log goes on with a new key, \(key.publicKey.fingerprint)")
        let event = AuditEvent(
            .auditKey, at: .now,
            "audit-key.pem was missing; from here on the key \(key.publicKey.fingerprint) signs")
        try store.write([], audit: AuditBatch(records: [chain.append(event)]))
    }

    private var running: UInt64 {
        ranBefore + UInt64(clamping: begin.duration(to: .now).components.seconds)
    }

    /// Chains events.
    /// - Parameter isFinal: nothing comes after it.
    /// - Returns: what is to be stored; `nil` if there is nothing. Then ``stored()`` is to be called.
    mutating func batch(of events: [AuditEvent], isFinal: Bool = false) -> AuditBatch? {
        let sinceSigned = signedAt?.duration(to: .now) ?? Self.idleInterval
        let isMinute = isFinal || sinceSigned >= Self.checkpointInterval
        var batch = AuditBatch(records: events.map { chain.append($0) })
        if isMinute {
            let notes = AuditInbox.look(in: folder)
            taken = notes.map(\.path)
            batch.records += notes.map { chain.append($0.event) }
            if !isFinal { drop(in: &batch) }
        }
        let isDue = isMinute && (chain.size > signed || sinceSigned >= Self.idleInterval)
        // Without a signature there is no checkpoint this time; the chain is there.
        if isDue, let checkpoint = try? statement(.checkpoint, AuditChain(size: chain.size, head: chain.head)) {
            batch.checkpoint = checkpoint
            signed = chain.size
            signedAt = .now
        }
        return batch.records.isEmpty && batch.checkpoint == nil && batch.cut == nil ? nil : batch
    }

    /// The last batch is on the disk.
    mutating func stored() {
        guard !taken.isEmpty else { return }
        AuditInbox.remove(taken)
        taken = []
    }

    private func statement(_ subject: AuditStatement.Subject, _ chain: AuditChain) throws -> AuditStatement {
        try AuditStatement(subject, size: chain.size, head: chain.head, time: .now, running: running, by: key)
    }

    // MARK: Dropping

    private mutating func drop(in batch: inout AuditBatch) {
        // The log stays whole if this cannot be read now.
        guard let through = retention.cut(first: first, last: chain.size, expired: expired() ?? 0),
            through < chain.size, let head = try? store.auditHash(of: through),
            let cut = try? statement(.cut, AuditChain(size: through, head: head))
        else { return }
        batch.cut = cut
        let event = AuditEvent(
            .auditCut, at: .now, count: through - first + 1, "records \(first)–\(through) of this log were dropped")
        batch.records.append(chain.append(event))
        first = through + 1
    }

    /// The largest checkpoint that is too old, looked for once a day.
    private mutating func expired() -> UInt64? {
        let running = running
        if let lookedForOld, running < lookedForOld + Self.day { return nil }
        guard let oldest = try? store.oldestAuditCheckpoints(1_500) else { return nil }
        let expired = oldest.prefix { retention.isExpired($0.running, at: running) }
        // When there is more than goes at once, the next minute goes on.
        let isMore =
            expired.count == oldest.count || expired.last.map { $0.size >= first + AuditRetention.step } == true
        if expired.isEmpty || !isMore { lookedForOld = running }
        return expired.last?.size
    }
}
