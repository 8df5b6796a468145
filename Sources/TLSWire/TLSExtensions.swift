import TLSSyntax

/// The extensions of a hello, or of another handshake message (RFC 8446 §4.2).
///
/// Reading is lenient, as the wire is: a malformed extension says so, and the others are there all the same.
public struct TLSExtensions: Hashable, Sendable {
    /// All, in order.
    public private(set) var list: [TLSExtension] = []
    /// What is wrong with the list itself: its length, or an extension that is cut off.
    public private(set) var problem: String?

    public init() {}

    /// - Parameter isLast: nothing may follow the list.
    init(from reader: inout SyntaxReader, in place: TLSExtension.Place, isLast: Bool = true) {
        // A hello without extensions ends before their length.
        guard !reader.isAtEnd else { return }
        do throws(SyntaxError) {
            let announced = Int(try reader.uint16())
            let there = min(announced, reader.remaining)
            if announced > there { problem = "\(announced) bytes of extensions announced, \(there) there" }
            try read(there, from: &reader, in: place)
            if isLast, !reader.isAtEnd {
                problem = problem ?? "\(reader.remaining) bytes after the extensions"
                _ = try reader.range(reader.remaining)
            }
        } catch {
            problem = problem ?? "\(error)"
            if isLast { _ = try? reader.range(reader.remaining) }
        }
    }

    private mutating func read(
        _ count: Int, from reader: inout SyntaxReader, in place: TLSExtension.Place
    ) throws(SyntaxError) {
        let end = reader.offset + count
        var seen = Set<UInt16>()
        while end - reader.offset >= 4 {
            let type = TLSExtensionType(rawValue: try reader.uint16())
            let length = Int(try reader.uint16())
            let there = min(length, end - reader.offset)
            var one = TLSExtension(type: type, length: length)
            do throws(SyntaxError) {
                try reader.nested(there) { (content) throws(SyntaxError) in try one.read(from: &content, in: place) }
            } catch {
                one.problem = "\(error)"
            }
            if there < length {
                one.problem = "\(length) bytes announced, \(there) there"
                problem = problem ?? "\(type) is cut off"
            } else if !seen.insert(type.rawValue).inserted {
                one.problem = "it is there a second time"
            }
            list.append(one)
        }
        if reader.offset != end {
            problem = problem ?? "\(end - reader.offset) bytes that are no extension"
            _ = try reader.range(end - reader.offset)
        }
    }

    /// What the first extension of `type` says; `nil` without one.
    public func content(of type: UInt16) -> TLSExtension.Content? { self[type]?.content }

    /// The first extension of `type`.
    public subscript(type: UInt16) -> TLSExtension? { list.first { $0.type.rawValue == type } }

    public func contains(_ type: UInt16) -> Bool { list.contains { $0.type.rawValue == type } }

    /// The types, in order.
    public var types: [UInt16] { list.map(\.type.rawValue) }

    /// Extensions with a fault, in order.
    public var malformed: [TLSExtension] { list.filter { $0.problem != nil } }

    /// The first fault, in words; `nil` if there is none.
    public var fault: String? {
        if let problem { return problem }
        guard let first = list.first(where: { $0.problem != nil }), let problem = first.problem else { return nil }
        return "\(first.type): \(problem)"
    }
}
