import Glibc
import Yams

/// A YAML mapping: keys with a value each, or a list of values. One of them, `limits`, holds names with a value each.
package struct SettingsFile: Sendable {
    package let name: String
    private(set) var entries: [String: Entry] = [:]
    /// Of the keys that hold names of their own.
    private(set) var maps: [String: Map] = [:]

    struct Map: Hashable, Sendable {
        var members: [Member] = []
        var line: Int
    }

    /// A name with its value, and the line on which it stands, from 1.
    struct Member: Hashable, Sendable {
        var name: String
        var value: String
        var line: Int
    }

    /// A key's values and the line on which they stand, from 1.
    struct Entry: Hashable, Sendable {
        var values: [String]
        var isList: Bool
        var line: Int
    }

    /// Bytes that such a file may have.
    package static let maximumSize = 65_536

    /// The keys that hold names with a value each, where a program knows them.
    private static let mapKeys: Set<String> = ["limits"]

    /// Reads a file.
    /// - Throws: ``SettingsError`` if it is missing, too large, not UTF-8, or not such a mapping.
    package init(path: String) throws(SettingsError) {
        guard let file = fopen(path, "re") else {
            let code = errno
            throw SettingsError(
                "\(path) cannot be read: \(String(cString: strerror(code)))",
                code == ENOENT ? .missingFile : .configuration)
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: Self.maximumSize + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else {
            throw SettingsError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard count <= Self.maximumSize else {
            throw SettingsError("\(path) is too large; \(Self.maximumSize) bytes are the most")
        }
        guard let text = String(validating: bytes.prefix(count), as: UTF8.self) else {
            throw SettingsError("\(path) is not UTF-8 text")
        }
        try self.init(text, name: path)
    }

    /// Parses `text`.
    /// - Throws: ``SettingsError`` with `name` and the line.
    package init(_ text: String, name: String) throws(SettingsError) {
        self.name = name
        if let line = Self.lineOfReference(in: text) {
            throw SettingsError("\(name):\(line): anchors (&) and aliases (*) are not used here; write the value out")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw SettingsError("\(name)\(Self.words(for: error))")
        } catch {
            throw SettingsError("\(name) is not YAML")
        }
        guard let root, root.scalar?.string.isEmpty != true else { return }
        guard let mapping = root.mapping else {
            throw SettingsError("\(name):\(root.mark?.line ?? 1): lines of the form \"key: value\" are expected")
        }
        for (key, value) in mapping { try add(key, value) }
    }

    private mutating func add(_ key: Node, _ value: Node) throws(SettingsError) {
        let line = key.mark?.line ?? 1
        guard let key = key.scalar?.string else {
            throw SettingsError("\(name):\(line): lines of the form \"key: value\" are expected")
        }
        if Self.mapKeys.contains(key) { return try addMap(key, value, line) }
        if let scalar = value.scalar {
            let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
            entries[key] = Entry(values: isNull ? [] : [scalar.string], isList: false, line: line)
        } else if let list = value.sequence {
            let values = list.compactMap(\.scalar?.string)
            guard values.count == list.count else {
                throw SettingsError("\(name):\(line): \(key) holds a list whose members are not all plain values")
            }
            entries[key] = Entry(values: values, isList: true, line: line)
        } else {
            throw SettingsError("\(name):\(line): \(key) holds keys of its own; a value or a list is expected")
        }
    }

    private mutating func addMap(_ key: String, _ value: Node, _ line: Int) throws(SettingsError) {
        if let scalar = value.scalar, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            maps[key] = Map(line: line)
            return
        }
        guard let mapping = value.mapping else {
            throw SettingsError("\(name):\(line): below \(key), lines of the form \"name: value\" are expected")
        }
        var members: [Member] = []
        for (member, value) in mapping {
            let line = member.mark?.line ?? line
            guard let member = member.scalar?.string, let value = value.scalar?.string else {
                throw SettingsError("\(name):\(line): below \(key), lines of the form \"name: value\" are expected")
            }
            members.append(Member(name: member, value: value, line: line))
        }
        maps[key] = Map(members: members, line: line)
    }

    /// Few bytes of aliases can stand for billions of values.
    private static func lineOfReference(in text: String) -> Int? {
        let openers: Set<UInt8> = Set(" \t[{,:-?".utf8)
        var line = 1
        var previous = UInt8(ascii: " ")
        var isComment = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\n") {
                line += 1
                isComment = false
                previous = UInt8(ascii: " ")
                continue
            }
            if byte == UInt8(ascii: "#"), openers.contains(previous) { isComment = true }
            if !isComment, byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*"), openers.contains(previous) {
                return line
            }
            previous = byte
        }
        return nil
    }

    private static func words(for error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ":\(mark.line): this is not YAML: \(problem)"
        case .duplicatedKeysInMapping(let duplicates, let context):
            ":\(context.mark.line): \(duplicates.joined(separator: ", ")) is set twice"
        case .reader(let problem, _, _, _): " is not YAML: \(problem)"
        default: " is not YAML"
        }
    }
}
