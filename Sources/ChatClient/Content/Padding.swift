/// How long messages are made, so that a length tells little: 256, 512 or 1,024 bytes, or a multiple of 1,024.
package enum Padding {
    private static let first = [256, 512, 1024]
    private static let step = 1024
    /// What MLS adds to a content before it pads: the content's length, a signature and its length. ECDSA over P-384 has at most
    /// 104 bytes.
    static let overhead = 128

    /// What to give ``MLSGroup/seal(_:authenticatedData:padding:)`` for a content of `count` bytes: the whole plaintext then
    /// has exactly that length.
    package static func length(for count: Int) -> Int {
        bucket(for: max(0, min(count, MessageContent.maximumLength)) + overhead)
    }

    /// The shortest allowed length of at least `count` bytes.
    static func bucket(for count: Int) -> Int {
        first.first { count <= $0 } ?? (count + step - 1) / step * step
    }
}
