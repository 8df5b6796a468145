import Chat

/// Takes events before they are recorded: of what comes in masses some are recorded in each minute, and the others counted, so that
/// a storm does not fill the disk.
///
/// A device is counted by its name. A stranger, whose certificate proved nothing, is counted by address (IPv6 by /64), and all strangers
/// together have a limit too.
package struct AuditIntake: Sendable {
    private var pending: [AuditEvent] = []
    private var members: [Key: Window] = [:]
    private var strangers: [Key: Window] = [:]
    /// By kind: what strangers caused together, and what had no place in the tables.
    private var all: [AuditKind: Window] = [:]
    private var sweptAt: UInt64 = 0

    private struct Key: Hashable {
        var kind: AuditKind
        var subject: Subject
    }

    private enum Subject: Hashable {
        case device(String)
        case network(AddressRange?)
    }

    private struct Window {
        var begin: UInt64
        var recorded = 0
        /// What was said of the recorded ones: one reason must not hide another.
        var reasons: Set<String> = []
        /// Events that are only counted, and the latest of them.
        var counted: UInt64 = 0
        var latest: AuditEvent?

        mutating func count(_ event: AuditEvent) {
            counted = counted.addingReportingOverflow(event.count).partialValue
            latest = event
        }
    }

    /// Milliseconds.
    private static let windowLength: UInt64 = 60_000
    /// Records of a kind in a minute by all strangers.
    static let strangersPerMinute = 1_000
    /// Of one device or network, recorded though it has had its share, since they are the first of their kind.
    static let maximumReasons = 16
    static let maximumStrangers = 4_096
    static let maximumMembers = 65_536
    /// Events that wait to be recorded.
    static let maximumPending = 50_000

    package init() {}

    package var isEmpty: Bool { pending.isEmpty }

    /// - Parameter uptime: milliseconds by a clock that nobody sets.
    package mutating func note(_ event: AuditEvent, uptime: UInt64) {
        guard let limit = event.kind.perMinute else { return pending.append(event) }
        let isStranger = event.user == nil
        let subject: Subject =
            isStranger ? .network(AddressRange(network: event.address)) : .device(event.who)
        let key = Key(kind: event.kind, subject: subject)
        var window = (isStranger ? strangers : members)[key] ?? Window(begin: uptime)
        close(&window, uptime, isStranger: isStranger)
        let isNew = window.reasons.count < Self.maximumReasons && !window.reasons.contains(event.words)
        if window.recorded >= limit, !isNew {
            window.count(event)
        } else if has(place: key, isStranger: isStranger), takeTurn(event, uptime, isStranger: isStranger) {
            window.recorded += 1
            if isNew { window.reasons.insert(event.words) }
            pending.append(event)
        } else {
            all[event.kind, default: Window(begin: uptime)].count(event)
            // It has no place, or a minute of it has just ended.
            guard (isStranger ? strangers : members)[key] != nil else { return }
        }
        if isStranger { strangers[key] = window } else { members[key] = window }
    }

    private func has(place key: Key, isStranger: Bool) -> Bool {
        guard pending.count < Self.maximumPending else { return false }
        return isStranger
            ? strangers[key] != nil || strangers.count < Self.maximumStrangers
            : members[key] != nil || members.count < Self.maximumMembers
    }

    /// - Returns: `false` if the strangers together have caused as many records as they may.
    private mutating func takeTurn(_ event: AuditEvent, _ uptime: UInt64, isStranger: Bool) -> Bool {
        guard isStranger else { return true }
        var window = all[event.kind] ?? Window(begin: uptime)
        close(&window, uptime, isStranger: nil)
        defer { all[event.kind] = window }
        guard window.recorded < Self.strangersPerMinute else { return false }
        window.recorded += 1
        return true
    }

    /// Begins a new minute if the last one is over, and records what was counted in it.
    /// - Parameter isStranger: `nil` for what all have caused.
    private mutating func close(_ window: inout Window, _ uptime: UInt64, isStranger: Bool?) {
        guard uptime >= window.begin + Self.windowLength else { return }
        record(window, isStranger: isStranger)
        window = Window(begin: uptime)
    }

    private mutating func record(_ window: Window, isStranger: Bool?) {
        if let event = Self.summary(of: window, isStranger: isStranger) { pending.append(event) }
    }

    private static func summary(of window: Window, isStranger: Bool?) -> AuditEvent? {
        guard window.counted > 0, let latest = window.latest else { return nil }
        var event = AuditEvent(
            latest.kind, at: latest.time,
            from: isStranger == true ? AddressRange(network: latest.address)?.description ?? "" : "",
            count: window.counted,
            isStranger == nil
                ? "more within a minute, from many addresses, only counted; the last: \(latest.words)"
                : "more within a minute, only counted; the last: \(latest.words)")
        if isStranger == false {
            event.user = latest.user
            event.device = latest.device
        }
        return event
    }

    /// What is to be recorded now, in order.
    /// - Parameter isFinal: nothing comes after it: also what was counted in the present minute.
    package mutating func take(uptime: UInt64, isFinal: Bool = false) -> [AuditEvent] {
        if isFinal || uptime >= sweptAt + Self.windowLength / 6 { sweep(uptime, isFinal) }
        defer { pending = [] }
        return pending
    }

    private mutating func sweep(_ uptime: UInt64, _ isFinal: Bool) {
        sweptAt = uptime
        func isOver(_ window: Window) -> Bool { isFinal || uptime >= window.begin + Self.windowLength }
        var ended: [(Window, isStranger: Bool?)] = []
        for window in members.values where isOver(window) { ended.append((window, false)) }
        for window in strangers.values where isOver(window) { ended.append((window, true)) }
        for window in all.values where isOver(window) { ended.append((window, nil)) }
        guard !ended.isEmpty else { return }
        members = members.filter { !isOver($0.value) }
        strangers = strangers.filter { !isOver($0.value) }
        all = all.filter { !isOver($0.value) }
        // They are about what was before.
        let summaries = ended.compactMap { Self.summary(of: $0, isStranger: $1) }
        pending = summaries.sorted { $0.time < $1.time } + pending
    }
}
