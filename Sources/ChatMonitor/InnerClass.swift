/// Where a byte of what TLS protects belongs. Each is in exactly one class.
package enum InnerClass: String, Hashable, Sendable, CaseIterable {
    /// MLS PrivateMessages, by what they say of their content: ciphertext, and whose room and epoch it is of.
    case application = "private_application"
    case proposal = "private_proposal"
    case commit = "private_commit"
    /// MLS Welcomes: ciphertext for new members.
    case welcome
    /// What MLS shows by design: keys, certificates, trees of keys.
    case keyPackage = "key_package"
    case groupInfo = "group_info"
    /// Commits of devices that join by themselves, and the server's proposals to remove one.
    case publicMessage = "public_message"
    /// Lengths, types, numbers, times, hashes.
    case framing
    /// Names of users and devices.
    case names
    /// Room ids.
    case rooms
    /// Words of the server for people: why something failed, and what software it is.
    case words
    /// TLS's own messages under keys: certificates, tickets, alerts.
    case tls
    /// Bytes that are none of these, or could not be judged.
    case unaccounted
}

/// How many bytes each class has.
struct InnerLedger {
    private var bytes = [Int](repeating: 0, count: InnerClass.allCases.count)

    private static func index(_ kind: InnerClass) -> Int { InnerClass.allCases.firstIndex(of: kind) ?? 0 }

    subscript(kind: InnerClass) -> Int { bytes[Self.index(kind)] }

    mutating func add(_ count: Int, to kind: InnerClass) { bytes[Self.index(kind)] += count }

    var total: Int { bytes.reduce(0, +) }
}
