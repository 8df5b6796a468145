import Firewall

/// Where the service finds and keeps what it needs.
struct ServiceOptions: Sendable {
    /// The rules file.
    var policyPath = "/etc/conclave-firewall/policy.json"
    /// What is kept: the database, the posture, the policy last in force.
    var stateFolder = "/var/lib/conclave-firewall"
    /// Where conclave-feeds puts what it fetched; `nil`: `feeds` in ``stateFolder``.
    var feedFolder: String?
    /// Where the sockets are made when systemd has not made them.
    var runFolder = "/run/conclave-firewall"
    /// Who may use the reporters' sockets beside root and the service's own user: user ids.
    var chatUser: UInt32?
    var monitorUser: UInt32?

    var feeds: String { feedFolder ?? stateFolder + "/feeds" }
    var databasePath: String { stateFolder + "/firewall.db" }
    var statePath: String { stateFolder + "/state.json" }
    var offendersPath: String { stateFolder + "/offenders.json" }
    var lastPolicyPath: String { stateFolder + "/policy.applied.json" }
}
