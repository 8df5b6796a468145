/// What somebody may ask for, by the socket through which they came.
package enum ControlRole: String, Hashable, Sendable, CaseIterable {
    /// The administrator: everything. The socket's name with systemd is `control`.
    case admin = "control"
    /// The chat server: reports, and who authenticated.
    case chat
    /// tlsmon: reports.
    case monitor

    /// Whether a request with this `op` is for this role.
    package func allows(_ operation: String) -> Bool {
        switch self {
        case .admin: true
        case .chat: operation == "report" || operation == "authenticated"
        case .monitor: operation == "report"
        }
    }

    /// `control.sock`, `chat.sock`, `monitor.sock`.
    package var fileName: String { rawValue + ".sock" }

    /// How much its clients may take.
    var limits: ControlLimits {
        switch self {
        case .admin: ControlLimits(clients: 32, line: 16 << 20, linesPerSecond: 1_000, burst: 2_000, waiting: 16 << 20)
        case .chat, .monitor:
            ControlLimits(clients: 8, line: 64 << 10, linesPerSecond: 500, burst: 1_000, waiting: 256 << 10)
        }
    }
}

/// What keeps one client from taking the daemon for itself.
struct ControlLimits: Hashable, Sendable {
    /// Milliseconds in which a client has to take something of what waits for it.
    static let patience: Int64 = 10_000

    /// At the same time.
    var clients: Int
    /// Bytes of a line, its end included. An administrator's may hold a whole policy.
    var line: Int
    /// Lines that are taken from a client. More wait in its socket, so that the sender feels it.
    var linesPerSecond: Int
    var burst: Int
    /// Bytes that may wait to be taken by the client; with more it is cut off.
    var waiting: Int
}
