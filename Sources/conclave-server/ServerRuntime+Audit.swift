import Audit
import Chat
import TLSTransport

/// What the server itself does, for the audit log.
extension ServerRuntime {
    func recordStart(_ context: TLSContext) {
        let places = listener.addresses.map(\.shortDescription).joined(separator: ", ")
        writer.record(
            AuditEvent(
                .started, at: .now, "conclave-server \(version) on \(places), \(Self.words(for: context))"))
    }

    func recordReload(_ context: TLSContext, cut: Int, kept: Int) {
        writer.record(
            AuditEvent(
                .reloaded, at: .now, "\(Self.words(for: context)); connections cut: \(cut), kept: \(kept)"))
    }

    private static func words(for context: TLSContext) -> String {
        "CA \(context.authorityFingerprint.prefix(16)), certificate of \(context.subject)"
    }

    /// Connections that were closed before anything was said.
    func recordUnheard(_ count: Int) {
        writer.record(
            AuditEvent(
                .refused, at: .now, count: UInt64(clamping: count),
                "closed unheard: too many connections at once, or too many handshakes of one address"))
    }

    /// A user's devices were not read from for a while; refusals are recorded one by one.
    func recordSlowing(of user: UserName, _ times: some BinaryInteger) {
        guard times > 0 else { return }
        var event = AuditEvent(
            .limited, at: .now, count: UInt64(clamping: times), "slowed down: too many messages or bytes at once")
        event.user = user
        writer.record(event)
    }
}
