/// What a decoder takes at most, whatever the wire announces. RFC 9420 sets no bounds of its own; these are far above any
/// honest use. A decoder allocates for what it has read and never for what is announced: what it keeps is at worst about
/// 40 times the input (many tiny values, each in memory of its own), and for honest trees two to three times.
public enum MLSLimits {
    /// Bytes that are decoded at once: 2^28. So whatever is put together of decoded values, to be signed or
    /// hashed, stays below the 2^30 bytes at which a vector has no length any more (§2.1.2).
    public static let messageLength = 1 << 28
    /// Leaves of a ratchet tree: 2^20, of which each takes two nodes.
    public static let leaves = 1 << 20
    /// Nodes of a ratchet tree on the wire.
    public static let nodes = 2 * leaves - 1
    /// Proposals that one commit covers.
    public static let proposals = 1 << 16
    /// Extensions in one list.
    public static let extensions = 256
    /// Entries of one list of capabilities.
    public static let capabilities = 1024
    /// Certificates in one chain.
    public static let certificates = 16
    /// Pre-shared keys that one welcome names.
    public static let preSharedKeys = 1024
    /// External senders of one group.
    public static let externalSenders = 256
    /// Bytes of a group's identifier.
    public static let groupIDLength = 1024
    /// Bytes of a key, a hash, a signature or a MAC.
    public static let cryptographicLength = 1 << 14
}
