/// A file that holds the packets of a report, and its SHA-256.
public struct CaptureDigest: Hashable, Sendable {
    public var file: String
    /// In hexadecimal digits.
    public var sha256: String

    public init(file: String, sha256: String) {
        self.file = file
        self.sha256 = sha256
    }
}
