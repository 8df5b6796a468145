/// A decoder that bytes from outside can reach, as the tests and `scripts/fuzz` see it. The program that `scripts/fuzz` builds
/// compiles this file too (`Tests/Fuzz/FuzzedDecoder.swift` is a link to it).
struct FuzzedDecoder: Sendable, CustomStringConvertible {
    /// Also the name of the decoder's folder in a `Corpus` folder.
    let name: String
    /// What the bytes mean, encoded again: the same bytes, since a value has one form on the wire.
    let reencode: @Sendable ([UInt8]) throws -> [UInt8]

    /// - Parameter reencode: throws, or encodes the same bytes again. What has no other form returns its input.
    init(_ name: String, _ reencode: @escaping @Sendable ([UInt8]) throws -> [UInt8]) {
        self.name = name
        self.reencode = reencode
    }

    var description: String { name }
}
