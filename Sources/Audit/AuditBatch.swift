/// What goes into the audit log at once, all or none.
package struct AuditBatch: Hashable, Sendable {
    package var records: [AuditRecord]
    package var checkpoint: AuditStatement?
    /// The records up to its own, and their checkpoints, go.
    package var cut: AuditStatement?

    package init(records: [AuditRecord], checkpoint: AuditStatement? = nil, cut: AuditStatement? = nil) {
        self.records = records
        self.checkpoint = checkpoint
        self.cut = cut
    }
}
