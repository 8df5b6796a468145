/// Bytes from the wire as a line of text that does nothing to a terminal.
package enum SafeBytes {
    /// Printable ASCII as it is, anything else as a dot; at most 64 characters.
    package static func line(_ bytes: [UInt8]) -> String {
        let shown = bytes.prefix(64).map { (0x20...0x7E).contains($0) ? Character(Unicode.Scalar($0)) : "." }
        return String(shown) + (bytes.count > 64 ? "…" : "")
    }
}
