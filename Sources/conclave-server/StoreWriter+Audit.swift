import Audit
import NIOCore

/// What goes into the audit log.
extension StoreWriter {
    /// Stores an event with what is stored next, or by itself within a second.
    func record(_ event: AuditEvent) { record([event]) }

    func record(_ events: [AuditEvent]) {
        guard !events.isEmpty else { return }
        condition.withLock { note(events) }
    }

    /// The lock is held.
    func note(_ events: [AuditEvent]) {
        guard !events.isEmpty else { return }
        let uptime = Self.uptime
        for event in events { intake.note(event, uptime: uptime) }
    }

    /// The lock is held.
    func takeEvents(isFinal: Bool = false) -> [AuditEvent] { intake.take(uptime: Self.uptime, isFinal: isFinal) }

    private static var uptime: UInt64 { NIODeadline.now().uptimeNanoseconds / 1_000_000 }
}
