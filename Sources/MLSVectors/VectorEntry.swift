import MLS
import MLSWire

/// One entry of a file of vectors: what was given and what must come out of it.
///
/// Its properties have the names of the file's fields, in camel case.
protocol VectorEntry: Decodable {
    /// Does what the working group's description of the kind demands.
    /// - Throws: ``VectorFailure``, or what the library throws where it should not.
    func check() throws
    /// Whether each entry is of a cipher suite.
    static var hasCipherSuite: Bool { get }
}

extension VectorEntry {
    static var hasCipherSuite: Bool { true }
}

/// What differs from the vector.
struct VectorFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

func expect(_ what: String, _ condition: Bool) throws {
    if !condition { throw VectorFailure(what) }
}

/// Fails, and says from which byte on they differ, unless the bytes are those of the vector.
func expect(_ what: String, _ computed: [UInt8], is expected: HexBytes) throws {
    guard computed != expected.bytes else { return }
    let same = zip(computed, expected.bytes).prefix { $0 == $1 }.count
    func clip(_ bytes: [UInt8]) -> String {
        let part = bytes.dropFirst(same).prefix(8)
        return part.isEmpty ? "nothing" : HexBytes(Array(part)).text + (same + 8 < bytes.count ? "…" : "")
    }
    throw VectorFailure(
        "\(what) differs from byte \(same) on: computed \(clip(computed)), the vector has \(clip(expected.bytes))")
}

/// Fails unless the numbers are those of the vector.
func expect<Value: Equatable>(_ what: String, _ computed: Value, is expected: Value) throws {
    if computed != expected { throw VectorFailure("\(what): computed \(computed), the vector has \(expected)") }
}

/// Runs a part of a check, and says in which part it failed.
func within<Value: ~Copyable>(_ part: String, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch { throw VectorFailure("\(part): \(error)") }
}

/// Fails unless the body throws an error of the library.
func expectRefusal(_ what: String, _ body: () throws -> Void) throws {
    do { try body() } catch is MLSError { return }
    throw VectorFailure("\(what) was not refused")
}
