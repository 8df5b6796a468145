import Chat
import ChatWire
import ControlSocket
import Firewall
import Logging
import NIOCore
import Settings
import Synchronization
import TLSTransport

/// Tells the firewall of this machine who was refused, and who authenticated. It never waits: what the firewall does not take in time is dropped and counted.
///
/// Only facts that stand on a finished TCP handshake are told, so nobody gets somebody else banned; and nothing that is the server's own doing, as when it is overloaded.
final class FirewallLink: Sendable {
    private let sender: ReportSender
    private let told = Mutex(ReportSender.Count())

    /// - Throws: ``ProgramError`` for a path that cannot be one.
    init(_ path: String) throws(ProgramError) {
        do throws(ControlSocketError) {
            sender = try ReportSender(path)
        } catch {
            throw ProgramError.configuration("--firewall: \(error)")
        }
    }

    var path: String { sender.path }

    func authenticated(_ connection: TLSConnection) {
        guard let address = connection.remoteAddress?.firewallAddress else { return }
        sender.authenticated([address])
    }

    /// A connection ended.
    /// - Parameter farewell: with which words we sent it away.
    func closed(_ connection: TLSConnection, because reason: TLSCloseReason, _ farewell: Failure?) {
        guard let kind = Self.offence(reason, farewell, waitsForUs: connection.waitsForUs),
            let address = connection.remoteAddress?.firewallAddress
        else { return }
        let who = connection.peerCertificate?.identity.map { "\($0): " } ?? ""
        let words = farewell?.words ?? "\(reason)"
        sender.report(
            Report(kind, [address], isForgeable: false, weight: kind.weight, detail: Report.printable(who + words)))
    }

    /// A user asked for much more than the limits allow, from these addresses.
    /// - Parameter refusals: in about half a minute.
    func exceeded(_ user: UserName, _ refusals: Int, from addresses: Set<Firewall.IPAddress>) {
        for address in addresses.prefix(16) {
            sender.report(
                Report(
                    .quotaAbuse, [address], isForgeable: false, weight: min(10, refusals / Self.refusalsPerPoint),
                    detail: "\(user): \(refusals) requests over the limits"))
        }
    }

    /// Fewer refusals in half a minute are a client's mistake, and no attack: 300 in each are needed for a ban.
    static let refusalsPerPoint = 100

    /// Says now and then what the firewall did not get.
    func tellLosses(_ logger: Logger) {
        let count = sender.count
        let before = told.withLock { told in
            defer { told = count }
            return told
        }
        if count.dropped > before.dropped {
            logger.warning(
                "\(count.dropped - before.dropped) reports did not reach the firewall at \(sender.path); does conclave-firewall run?"
            )
        }
        if count.refused > before.refused {
            logger.warning("the firewall did not take \(count.refused - before.refused) reports: \(count.lastRefusal)")
        }
    }

    func stop() { sender.stop() }

    /// What the end of a connection says about the peer.
    static func offence(_ reason: TLSCloseReason, _ farewell: Failure?, waitsForUs: Bool) -> Report.Kind? {
        if let farewell {
            switch farewell.code {
            case .malformedFrame, .unknownFrameType, .malformedMessage: return .protocolAbuse
            case .revoked: return .badCertificate
            case .tooManySessions: return .quotaAbuse
            default: return nil
            }
        }
        if case .framing = reason { return .protocolAbuse }
        if case .handshakeTimeout = reason, waitsForUs { return nil }
        switch reason.offence {
        case .badCertificate: return .badCertificate
        case .noCertificate: return .noCertificate
        case .badHandshake: return .badHandshake
        case nil: return nil
        }
    }
}

extension SocketAddress {
    /// The address as the firewall knows it: IPv4 that came through an IPv6 socket is IPv4.
    var firewallAddress: Firewall.IPAddress? {
        switch self {
        case .v4(let address): withUnsafeBytes(of: address.address.sin_addr) { Firewall.IPAddress(bytes: $0) }
        case .v6(let address): withUnsafeBytes(of: address.address.sin6_addr) { Firewall.IPAddress(bytes: $0) }
        case .unixDomainSocket: nil
        }
    }
}
