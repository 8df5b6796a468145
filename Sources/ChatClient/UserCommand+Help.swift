/// What is told about commands: all of them, one of them, and while one is typed.
extension UserCommand {
    /// How it is typed: `/reply [N] TEXT`.
    package var usage: String { arguments.isEmpty ? name : "\(name) \(arguments)" }

    /// A line for each command, in columns.
    package static var overview: [String] {
        let width = allCases.map(\.usage.count).max() ?? 0
        return allCases.map { command in
            command.usage + String(repeating: " ", count: width + 2 - command.usage.count) + command.summary
        }
    }

    /// About this one.
    package var help: [String] {
        ["\(usage): \(summary)"] + (details.map { [$0] } ?? [])
    }

    /// What goes on a line that begins a command: how the command is typed, or which ones begin so; `nil` for a text and
    /// for what begins no command.
    package static func hint(for line: some StringProtocol) -> String? {
        guard line.hasPrefix("/"), !line.hasPrefix("//") else { return nil }
        let typed = line.prefix { !$0.isWhitespace }.lowercased()
        if let command = UserCommand(typed: typed) { return "\(command.usage): \(command.summary)" }
        let isOver = line.contains(where: \.isWhitespace)
        let matching = isOver ? [] : allCases.map(\.name).filter { $0.hasPrefix(typed) }
        return matching.isEmpty ? nil : matching.joined(separator: " ")
    }
}
