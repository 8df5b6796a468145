/// What happened, as the audit log tells it apart. The numbers are stored: they never change their meaning.
package enum AuditKind: UInt16, CaseIterable, Hashable, Sendable {
    // The server.
    case started = 1
    case stopped = 2
    case reloaded = 3
    case reloadRefused = 4
    case diskFull = 5
    case diskFree = 6
    case backup = 7
    case restored = 8
    /// The oldest records of the audit log were dropped.
    case auditCut = 9
    /// The audit log goes on with another key.
    case auditKey = 10

    // Connections.
    case connected = 16
    case disconnected = 17
    /// A connection that never came to be one of a device.
    case refused = 18
    /// The server ended the connection of a device, for a reason.
    case expelled = 19
    /// A certificate was revoked.
    case revoked = 20
    /// A request was refused, as there were too many.
    case limited = 21

    // Rooms.
    case founded = 32
    case closed = 33
    case committed = 34
    /// Members have set a commit aside.
    case voided = 35
    case left = 36
    /// The members were asked to remove a device.
    case removalAsked = 37
    /// A device asked to be added anew.
    case readdAsked = 38
    /// Key packages of a user's devices were given out: somebody is about to add them.
    case claimed = 39
    /// Old entries of a room were dropped.
    case logCut = 40

    /// The name that people and programs read and type.
    package var name: String {
        switch self {
        case .started: "server-started"
        case .stopped: "server-stopped"
        case .reloaded: "reloaded"
        case .reloadRefused: "reload-refused"
        case .diskFull: "disk-full"
        case .diskFree: "disk-free"
        case .backup: "backup"
        case .restored: "restored"
        case .auditCut: "audit-cut"
        case .auditKey: "audit-key"
        case .connected: "connected"
        case .disconnected: "disconnected"
        case .refused: "refused"
        case .expelled: "expelled"
        case .revoked: "revoked"
        case .limited: "limited"
        case .founded: "room-founded"
        case .closed: "room-closed"
        case .committed: "commit"
        case .voided: "commit-voided"
        case .left: "left"
        case .removalAsked: "removal-asked"
        case .readdAsked: "readd-asked"
        case .claimed: "packages-claimed"
        case .logCut: "log-cut"
        }
    }

    /// `nil` for a name that no kind has.
    package init?(name: some StringProtocol) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    /// How bad it is, for colours.
    package var weight: Weight {
        switch self {
        case .refused, .expelled, .limited, .reloadRefused, .voided, .diskFull: .warning
        case .revoked, .restored, .auditKey, .removalAsked: .notable
        default: .plain
        }
    }

    package enum Weight: Hashable, Sendable {
        case plain
        case notable
        case warning
    }

    /// Records that one device, or one network of strangers, can cause in a minute; what comes after is counted. `nil`: what nobody
    /// from outside can cause at will is always recorded.
    var perMinute: Int? {
        switch self {
        case .started, .stopped, .reloaded, .reloadRefused, .diskFull, .diskFree, .backup, .restored, .auditCut,
            .auditKey, .revoked:
            nil
        case .connected, .disconnected, .expelled, .claimed, .logCut: 60
        case .refused, .limited: 20
        case .founded, .closed, .committed, .voided, .left, .removalAsked, .readdAsked: 600
        }
    }
}
