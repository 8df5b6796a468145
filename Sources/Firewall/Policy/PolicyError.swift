/// Why a rules file, a rule or an edit is refused, and what to do.
package struct PolicyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file's name; `nil` where there is none, as with a command.
    package var file: String?
    /// From 1.
    package var line: Int?
    /// From 1, in Unicode scalars.
    package var column: Int?
    /// `rules[1].ports`, counted from 0 as JSON does; empty for the file as a whole.
    package var field: String
    /// What is wrong.
    package var problem: String
    /// What to do.
    package var remedy: String

    package init(
        file: String? = nil, line: Int? = nil, column: Int? = nil, field: String = "", problem: String, remedy: String
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.field = field
        self.problem = problem
        self.remedy = remedy
    }

    /// `policy.json:7: rules[1].ports: "70000" is no port; write a number from 1 to 65535`.
    package var description: String {
        let place = file.map { name in line.map { "\(name):\($0): " } ?? "\(name): " } ?? ""
        let field = field.isEmpty ? "" : "\(field): "
        let remedy = remedy.isEmpty ? "" : "; \(remedy)"
        return place + field + problem + remedy
    }
}
