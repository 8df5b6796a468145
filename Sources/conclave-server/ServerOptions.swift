import Audit
import ChatServer
import Logging

/// How a server is to run, once flags, environment, file and defaults have been weighed.
struct ServerOptions: Sendable {
    var addresses: [String]
    var port: Int
    var certificates: String
    var data: String
    var loops: Int
    var handshakeThreads: Int
    /// `nil`: as many as the limit on open files allows.
    var maximumConnections: Int?
    var limits: ServerLimits
    var insecureKeyLog: String?
    /// The firewall's socket for the chat server; `nil`: nothing is reported.
    var firewall: String?
    var auditRetention: AuditRetention
    var logLevel: Logger.Level
    var logFormat: LineLogHandler.Format
}

/// What the programs say of themselves.
let version = "0.1.0"
