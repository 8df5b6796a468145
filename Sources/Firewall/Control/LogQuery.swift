/// Which packets of the log are asked for.
package struct LogQuery: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case blocked
        /// A sample of those that passed.
        case allowed
    }

    package var kind: Kind
    /// The newest so many, `1...10_000`; answered oldest first.
    package var limit: Int
    /// Milliseconds since 1970; `nil`: from the beginning.
    package var since: Int64?
    package var source: IPPrefix?
    /// The destination's.
    package var port: UInt16?
    /// ``PacketRow/reason`` begins so: `rule 3`, `feed`.
    package var reason: String?
    /// Only those behind this one (``PacketRow/id``).
    package var after: Int64?
    /// The connection stays, and tells of each that comes.
    package var follows: Bool

    package init(
        _ kind: Kind = .blocked, limit: Int = 50, since: Int64? = nil, source: IPPrefix? = nil, port: UInt16? = nil,
        reason: String? = nil, after: Int64? = nil, follows: Bool = false
    ) {
        self.kind = kind
        self.limit = limit
        self.since = since
        self.source = source
        self.port = port
        self.reason = reason
        self.after = after
        self.follows = follows
    }
}
