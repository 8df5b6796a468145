package import Firewall

/// An element as it is in the kernel now.
package struct ElementState: Hashable, Sendable {
    /// As packets carry it; for intervals the first that belongs to it.
    package var first: [UInt8]
    /// The last that belongs to it, itself included; the same as ``first`` in sets without intervals.
    package var last: [UInt8]
    /// Milliseconds that it was given; `nil`: it stays.
    package var timeout: UInt64?
    /// Milliseconds that are left of them.
    package var remaining: UInt64?
    /// In maps.
    package var verdict: Verdict?

    package init(
        first: [UInt8], last: [UInt8], timeout: UInt64? = nil, remaining: UInt64? = nil, verdict: Verdict? = nil
    ) {
        self.first = first
        self.last = last
        self.timeout = timeout
        self.remaining = remaining
        self.verdict = verdict
    }
}
