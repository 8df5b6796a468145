/// Who is at the other end of a connection: one device of one user, as its certificate says in its only
/// SAN URI, `conclave:alice/laptop`.
public struct PeerIdentity: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let user: UserName
    public let device: DeviceName

    public init(user: UserName, device: DeviceName) {
        self.user = user
        self.device = device
    }

    /// The URI scheme of an identity.
    public static let scheme = "conclave"

    /// Parses `conclave:USER/DEVICE`; `nil` for anything else.
    public init?(uri: some StringProtocol) {
        let prefix = Self.scheme + ":"
        guard uri.hasPrefix(prefix) else { return nil }
        self.init(uri.dropFirst(prefix.count))
    }

    /// Parses `USER/DEVICE`; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let user = UserName(parts[0]), let device = DeviceName(parts[1]) else { return nil }
        self.init(user: user, device: device)
    }

    public var uri: String { "\(Self.scheme):\(self)" }

    public var description: String { "\(user)/\(device)" }

    public static func < (left: PeerIdentity, right: PeerIdentity) -> Bool {
        (left.user, left.device) < (right.user, right.device)
    }
}
