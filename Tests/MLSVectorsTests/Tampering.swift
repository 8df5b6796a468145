import Foundation
import MLSVectors

/// One change to an entry of vectors, after which the entry must fail.
struct Tampering: CustomStringConvertible {
    /// The keys and numbers that lead to the changed value.
    let path: [String]
    let change: String
    /// A file that holds the changed entry alone.
    let content: Data

    var description: String { path.joined(separator: ".") + ": " + change }

    /// Changes to each value of an entry, one at a time; if there are more than `count`, evenly chosen ones.
    static func all(of entry: Any, kind: VectorKind, count: Int) throws -> [Tampering] {
        var found: [Tampering] = []
        try visit(entry, []) { path, value in
            for (change, changed) in changes(of: value, kind) where hasEffect(path, change, kind) {
                let whole = replacing(path[...], of: entry, by: changed)
                found.append(
                    Tampering(path: path, change: change, content: try JSONSerialization.data(withJSONObject: [whole])))
            }
        }
        guard found.count > count else { return found }
        return (0..<count).map { found[$0 * found.count / count] }
    }

    /// False for values of which only a part is used, or none.
    private static func hasEffect(_ path: [String], _ change: String, _ kind: VectorKind) -> Bool {
        switch (kind, path.last) {
        case (_, "cipher_suite"): false
        // Only the beginning of a ciphertext enters the keys of the sender's data.
        case (.secretTree, "ciphertext"): change != lastByte
        // An Add is applied without a look at who sent it, or at the signature at its end.
        case (.treeOperations, "proposal_sender"): false
        case (.treeOperations, "proposal"): change != lastByte
        default: true
        }
    }

    private static let lastByte = "last byte flipped"

    private static func changes(of value: Any, _ kind: VectorKind) -> [(String, Any)] {
        switch value {
        case let text as String where text.isEmpty: [("made longer", "00")]
        case let text as String where kind == .messages: [("cut by a byte", String(text.dropLast(2)))]
        case let text as String:
            [
                ("first byte flipped", flipped(text.prefix(1)) + text.dropFirst()),
                (lastByte, text.dropLast() + flipped(text.suffix(1))),
            ]
        case let number as NSNumber: [("one more", NSNumber(value: number.int64Value + 1))]
        case is NSNull where kind == .treeMath: [("no longer null", 0)]
        default: []
        }
    }

    /// Another hexadecimal digit, or another letter.
    private static func flipped(_ digit: Substring) -> String {
        guard let value = digit.first?.hexDigitValue else { return "#" }
        return String(value ^ 1, radix: 16)
    }

    private static func visit(_ value: Any, _ path: [String], _ body: ([String], Any) throws -> Void) rethrows {
        switch value {
        case let object as [String: Any]:
            for key in object.keys.sorted() { try object[key].map { try visit($0, path + [key], body) } }
        case let list as [Any]:
            for (index, element) in list.enumerated() { try visit(element, path + [String(index)], body) }
        default: try body(path, value)
        }
    }

    private static func replacing(_ path: ArraySlice<String>, of value: Any, by new: Any) -> Any {
        guard let step = path.first else { return new }
        switch value {
        case var object as [String: Any]:
            object[step] = object[step].map { replacing(path.dropFirst(), of: $0, by: new) }
            return object
        case var list as [Any]:
            if let index = Int(step) { list[index] = replacing(path.dropFirst(), of: list[index], by: new) }
            return list
        default: return value
        }
    }
}
