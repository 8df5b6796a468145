/// Whether a certificate is for a host (RFC 6125 §6.4, RFC 9525 §6.3).
package enum HostName {
    /// - Parameters:
    ///   - name: that was asked for.
    ///   - alternatives: the certificate's names and addresses.
    package static func matches(_ name: String, _ alternatives: [String]) -> Bool {
        let wanted = labels(name)
        guard !wanted.isEmpty else { return false }
        return alternatives.contains { matches(wanted, labels($0)) }
    }

    /// Lower case, without the root's dot.
    private static func labels(_ name: String) -> [Substring] {
        let lower = name.lowercased()
        let whole = lower.hasSuffix(".") ? lower.dropLast() : lower[...]
        return whole.isEmpty ? [] : whole.split(separator: ".", omittingEmptySubsequences: false)
    }

    /// A star stands for the whole of the first label, and for no more than one; never right before the top.
    private static func matches(_ wanted: [Substring], _ offered: [Substring]) -> Bool {
        guard wanted.count == offered.count else { return false }
        guard offered.first == "*" else { return wanted == offered }
        return offered.count > 2 && wanted.first?.isEmpty == false && wanted.dropFirst() == offered.dropFirst()
    }
}
