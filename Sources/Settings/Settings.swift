import Chat

/// What a program was told, from wherever: a flag goes before the environment, that before the file.
///
/// Keys are written `max-connections`; the flag is then `--max-connections` and the variable `PREFIX_MAX_CONNECTIONS`.
package struct Settings: Sendable {
    private let prefix: String
    private let environment: [String: String]
    private let file: SettingsFile?

    /// Keys in the file that mean nothing, for a person.
    package let warnings: [String]

    /// - Parameters:
    ///   - keys: all keys that the program knows.
    ///   - prefix: of the environment variables, in upper case and without the underscore.
    package init(keys: [String], prefix: String, environment: [String: String], file: SettingsFile?) {
        self.prefix = prefix
        self.environment = environment
        self.file = file
        let unknown = (file?.entries ?? [:]).filter { !keys.contains($0.key) }.sorted { $0.value.line < $1.value.line }
        warnings = unknown.map { key, entry in
            let nearest = Nearest.word(to: key, among: keys).map { "; did you mean \($0)?" } ?? ""
            return "\(file?.name ?? ""):\(entry.line): the key \(key) is unknown and has no effect\(nearest)"
        }
    }

    /// A value and where it came from.
    private struct Found {
        var values: [String]
        var place: String

        /// What is wrong with it.
        func error(_ expectation: String) -> SettingsError {
            SettingsError(
                "\(place) is \"\(values.joined(separator: ", "))\"; \(expectation)",
                place.hasPrefix("--") ? .usage : .configuration)
        }
    }

    private func find(_ key: String, flag: [String]) -> Found? {
        if !flag.isEmpty { return Found(values: flag, place: "--\(key)") }
        let variable = prefix + "_" + key.uppercased().replacing("-", with: "_")
        if let value = environment[variable], !value.isEmpty { return Found(values: [value], place: variable) }
        guard let file, let entry = file.entries[key], !entry.values.isEmpty else { return nil }
        return Found(values: entry.values, place: "\(file.name):\(entry.line): \(key)")
    }

    /// A text; `nil` if nobody set it.
    /// - Throws: ``SettingsError`` for a list.
    package func text(_ key: String, flag: String?) throws(SettingsError) -> String? {
        guard let found = find(key, flag: flag.map { [$0] } ?? []) else { return nil }
        guard found.values.count == 1 else { throw found.error("one value is expected") }
        return found.values[0]
    }

    /// Several texts; in the environment they are separated by commas.
    package func texts(_ key: String, flag: [String]) -> [String]? {
        guard let found = find(key, flag: flag) else { return nil }
        guard found.place.hasPrefix(prefix) else { return found.values }
        return found.values.flatMap { $0.split(separator: ",").map { String($0).trimmed } }
    }

    /// A whole number.
    /// - Throws: ``SettingsError`` for anything else, and outside of `range`.
    package func number(_ key: String, flag: Int?, in range: ClosedRange<Int>) throws(SettingsError) -> Int? {
        guard let found = find(key, flag: flag.map { ["\($0)"] } ?? []) else { return nil }
        guard found.values.count == 1, let number = Int(found.values[0]), range.contains(number) else {
            throw found.error("a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }

    /// One of a few words.
    /// - Throws: ``SettingsError`` for another.
    package func choice<Choice: RawRepresentable<String>>(
        _ key: String, flag: String?, of choices: [Choice]
    ) throws(SettingsError) -> Choice? {
        guard let found = find(key, flag: flag.map { [$0] } ?? []) else { return nil }
        guard found.values.count == 1, let choice = choices.first(where: { $0.rawValue == found.values[0] }) else {
            throw found.error("one of these is expected: \(choices.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
