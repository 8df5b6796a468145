/// A file of TLS secrets.
public enum KeyLogFile {
    /// The most that is read of one: 64 MiB.
    static let longest = 1 << 26

    /// Its bytes.
    /// - Throws: ``CaptureError/cannotOpen(file:reason:)``.
    public static func read(_ path: String) throws(CaptureError) -> [UInt8] {
        var source = try ByteSource(path: path)
        var bytes: [UInt8] = []
        while source.have(1) {
            let count = min(source.available, 1 << 16)
            bytes.append(contentsOf: source.bytes(count))
            source.advance(count)
            guard bytes.count <= longest else {
                throw .cannotOpen(file: path, reason: "it is longer than \(longest >> 20) MiB, which no key log is")
            }
        }
        if let failure = source.failure { throw .cannotOpen(file: path, reason: failure) }
        return bytes
    }
}
