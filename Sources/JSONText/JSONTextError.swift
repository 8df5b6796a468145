/// What is wrong with a JSON text, and where.
package struct JSONTextError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// Something else than what has to be here: `a comma or ]`.
        case expected(String)
        /// A comma behind the last value of an array or an object.
        case commaAtEnd
        /// A remark, which JSON does not have.
        case remark
        /// A byte order mark, which JSON does not have.
        case byteOrderMark
        /// An object has the name twice; the first is in this line.
        case duplicateName(String, line: Int)
        /// Bytes that are no UTF-8.
        case notUTF8
        /// A control character that is not escaped.
        case controlCharacter(UInt8)
        /// `\` and something that may not follow it.
        case badEscape
        /// Half of a surrogate pair.
        case loneSurrogate
        /// A number with zeros in front, as some read it as octal.
        case leadingZero
        /// More bytes, depth or values than the limit.
        case tooLong(Int)
        case tooDeep(Int)
        case tooMany(Int)
    }

    package let kind: Kind
    /// From 1.
    package let line: Int
    /// From 1, in Unicode scalars.
    package let column: Int

    package init(_ kind: Kind, line: Int, column: Int) {
        self.kind = kind
        self.line = line
        self.column = column
    }

    /// What is wrong, and what to do (empty where the first says it), without the place.
    package var parts: (problem: String, remedy: String) {
        switch kind {
        case .expected(let what): ("\(what) is expected here", "")
        case .commaAtEnd: ("a comma stands before the closing bracket", "remove it")
        case .remark: ("a remark is here, and JSON has none", "remove it")
        case .byteOrderMark: ("the text begins with a byte order mark", "save it as UTF-8 without one")
        case .duplicateName(let name, let line):
            ("the name \(JSON.string(name).compact) is already in line \(line)", "remove one of them")
        case .notUTF8: ("these bytes are no UTF-8", "save the text as UTF-8")
        case .controlCharacter(let byte):
            ("a control character (\(byte)) is in a string", "write it as \(JSON.escape(UInt32(byte)))")
        case .badEscape:
            ("there is no such escape", "write \\\\ for a backslash, or one of \\\" \\/ \\b \\f \\n \\r \\t \\u0000")
        case .loneSurrogate:
            ("half of a surrogate pair is here", "write both halves, such as \\ud83d\\ude00, or the character itself")
        case .leadingZero: ("a number has a zero in front", "write it without")
        case .tooLong(let limit): ("the text has more than \(limit) bytes", "make it shorter")
        case .tooDeep(let limit): ("more than \(limit) arrays and objects lie within each other", "take some away")
        case .tooMany(let limit): ("the text has more than \(limit) values", "make it shorter")
        }
    }

    /// What is wrong and what to do, without the place.
    package var words: String { parts.remedy.isEmpty ? parts.problem : "\(parts.problem); \(parts.remedy)" }

    package var description: String { "line \(line), column \(column): \(words)" }
}
