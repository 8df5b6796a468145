import JSONText

/// An object of a rules file, of which every member has to be asked for: the others are errors.
struct PolicyReader {
    let file: String
    /// `rules[1]`; empty for the whole.
    let path: String
    private let node: JSONNode
    private let members: [JSONMember]

    /// - Parameter keys: all names that it may have.
    init(_ node: JSONNode, path: String, file: String, keys: [String]) throws(PolicyError) {
        self.file = file
        self.path = path
        self.node = node
        guard let members = node.members else {
            throw PolicyError(
                file: file, line: node.line, column: node.column, field: path,
                problem: "\(node.kind) is here where an object is expected",
                remedy: "write { … } with \(keys.map { "\"\($0)\"" }.joined(separator: ", "))")
        }
        self.members = members
        for member in members where !keys.contains(member.name) {
            let nearest = NearestName.name(to: member.name, among: keys)
            throw PolicyError(
                file: file, line: member.nameLine, column: member.nameColumn, field: path,
                problem: "\(Quoted.text(member.name)) is unknown here",
                remedy: nearest.map { "did you mean \"\($0)\"?" }
                    ?? "there are \(keys.map { "\"\($0)\"" }.joined(separator: ", "))")
        }
    }

    /// The path of a member.
    func path(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// The member of that name, `nil` if there is none.
    func node(_ name: String) -> JSONNode? { members.first { $0.name == name }?.value }

    func required(_ name: String, remedy: String) throws(PolicyError) -> JSONNode {
        if let value = node(name) { return value }
        throw PolicyError(
            file: file, line: node.line, column: node.column, field: path, problem: "\"\(name)\" is missing",
            remedy: remedy)
    }

    func error(_ node: JSONNode, _ field: String, _ problem: String, _ remedy: String) -> PolicyError {
        PolicyError(file: file, line: node.line, column: node.column, field: field, problem: problem, remedy: remedy)
    }

    /// Something else than what has to be there.
    func unexpected(_ node: JSONNode, _ field: String, _ remedy: String) -> PolicyError {
        switch node.value {
        case .string(let text): error(node, field, "\(Quoted.text(text)) is not possible", remedy)
        case .number(let text): error(node, field, "\(text.prefix(30)) is not possible", remedy)
        default: error(node, field, "\(node.kind) is not possible", remedy)
        }
    }

    // MARK: Members that may be absent

    func text(_ name: String) throws(PolicyError) -> String? {
        guard let value = node(name) else { return nil }
        guard let text = value.string else { throw unexpected(value, path(name), "write a text in quotation marks") }
        return text
    }

    func bool(_ name: String) throws(PolicyError) -> Bool? {
        guard let value = node(name) else { return nil }
        guard let bool = value.bool else { throw unexpected(value, path(name), "write true or false") }
        return bool
    }

    func int(_ name: String, in range: ClosedRange<Int>) throws(PolicyError) -> Int? {
        guard let value = node(name) else { return nil }
        guard let number = value.int, range.contains(number) else {
            throw unexpected(
                value, path(name), "write a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _: Choice.Type
    ) throws(PolicyError) -> Choice? {
        guard let value = node(name) else { return nil }
        if let text = value.string, let choice = Choice(rawValue: text) { return choice }
        let words = Choice.allCases.map { "\"\($0.rawValue)\"" }
        let nearest = value.string.flatMap { NearestName.name(to: $0, among: Choice.allCases.map(\.rawValue)) }
        let list = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        throw unexpected(value, path(name), nearest.map { "did you mean \"\($0)\"? It is \(list)" } ?? "write \(list)")
    }

    /// A length of time such as `1h`, in seconds.
    func span(_ name: String, in range: ClosedRange<Int>) throws(PolicyError) -> Int? {
        guard let value = node(name) else { return nil }
        let ends = [range.lowerBound, range.upperBound].map { TimeSpan(seconds: Int64($0)).description }
        let remedy = "write a length of time from \(ends[0]) to \(ends[1]), such as \"1h\", in quotation marks"
        guard let text = value.string else { throw unexpected(value, path(name), remedy) }
        do throws(TimeSpanError) {
            let seconds = Int(try TimeSpan(parsing: text).seconds)
            if range.contains(seconds) { return seconds }
        } catch {
            throw self.error(value, path(name), error.fault, remedy)
        }
        throw unexpected(value, path(name), remedy)
    }

    /// The elements of an array; with `isSingleAllowed`, a value alone is an array of one.
    func list(
        _ name: String, limit: Int, isSingleAllowed: Bool = false
    ) throws(PolicyError) -> [(node: JSONNode, path: String)] {
        guard let value = node(name) else { return [] }
        guard let nodes = value.array else {
            if isSingleAllowed, value.members == nil, !value.isNull { return [(value, path(name))] }
            throw unexpected(value, path(name), "write a list: [ … ]")
        }
        guard nodes.count <= limit else {
            throw error(value, path(name), "there are \(nodes.count) entries", "write at most \(limit)")
        }
        return nodes.enumerated().map { ($0.element, "\(path(name))[\($0.offset)]") }
    }

    /// Networks; none for everywhere.
    func prefixes(_ name: String) throws(PolicyError) -> [IPPrefix] {
        var prefixes: [IPPrefix] = []
        for (node, path) in try list(name, limit: PolicyLimits.prefixes, isSingleAllowed: true) {
            prefixes.append(try prefix(node, path))
        }
        return prefixes
    }

    func prefix(_ node: JSONNode, _ path: String) throws(PolicyError) -> IPPrefix {
        guard let text = node.string else {
            throw unexpected(node, path, "write an address or a network in quotation marks, such as \"192.0.2.0/24\"")
        }
        do throws(AddressError) {
            return try IPPrefix(parsing: text)
        } catch {
            throw self.error(node, path, error.fault, error.remedy)
        }
    }

    /// Runs a check of a value that was read, and says where it stands.
    func checking(_ check: () throws(PolicyError) -> Void) throws(PolicyError) {
        do throws(PolicyError) {
            try check()
        } catch {
            let place = members.first { $0.name == error.field }?.value ?? node
            throw self.error(place, path(error.field), error.problem, error.remedy)
        }
    }
}
