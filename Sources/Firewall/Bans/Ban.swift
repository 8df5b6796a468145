/// Somebody who is kept out for a while.
package struct Ban: Hashable, Sendable {
    /// IPv4 hosts and IPv6 networks of 64 bits; all of the same host.
    package var targets: [IPPrefix]
    /// Milliseconds since 1970.
    package var since: Int64
    /// Milliseconds since 1970.
    package var until: Int64
    /// The last report's kind.
    package var kind: Report.Kind
    package var detail: String
    /// Which ban of this host it is, from 1: each lasts twice as long as the one before. 0: none that counts, as the evidence could be forged, or
    /// an administrator said how long.
    package var offence: Int

    package init(targets: [IPPrefix], since: Int64, until: Int64, kind: Report.Kind, detail: String, offence: Int) {
        self.targets = targets
        self.since = since
        self.until = until
        self.kind = kind
        self.detail = detail
        self.offence = offence
    }

    /// Whether it rests on evidence that somebody else could have forged.
    package var isForgeable: Bool { offence == 0 && kind != .manual }
}
