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
        let lines = (file?.entries ?? [:]).mapValues(\.line).merging((file?.maps ?? [:]).mapValues(\.line)) { $1 }
        let unknown = lines.filter { !keys.contains($0.key) }.sorted { $0.value < $1.value }
        warnings = unknown.map { key, line in
            let nearest = Nearest.word(to: key, among: keys).map { "; did you mean \($0)?" } ?? ""
            return "\(file?.name ?? ""):\(line): the key \(key) is unknown and has no effect\(nearest)"
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

    private func variable(_ key: String) -> String {
        prefix + "_" + key.uppercased().replacing("-", with: "_")
    }

    private func find(_ key: String, flag: [String]) -> Found? {
        if !flag.isEmpty { return Found(values: flag, place: "--\(key)") }
        let variable = variable(key)
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

/// One of several values that go by names of their own, and where it was set.
package struct NamedSetting: Hashable, Sendable {
    package let name: String
    package let value: String
    private let place: String

    fileprivate init(name: String, value: String, place: String) {
        self.name = name
        self.value = value
        self.place = place
    }

    /// What is wrong with it, and what would be right.
    package func error(_ words: String) -> SettingsError {
        SettingsError("\(place): \(words)", place.hasPrefix("--") ? .usage : .configuration)
    }
}

extension Settings {
    /// Values with names of their own: flags `--limit name=value`, a variable `name=value,name=value`, and in the file a mapping. Who goes
    /// through them in order and keeps the last of each name has the one that counts.
    /// - Parameters:
    ///   - key: of the mapping, and of the variable.
    ///   - flagName: of the flag, with its dashes.
    /// - Throws: ``SettingsError`` for what has no name or no value.
    package func named(
        _ key: String, flagName: String, flags: [String]
    ) throws(SettingsError) -> [NamedSetting] {
        let members = file?.maps[key]?.members ?? []
        let name = file?.name ?? ""
        var all = members.map {
            NamedSetting(name: $0.name, value: $0.value, place: "\(name):\($0.line): \(key): \($0.name)")
        }
        let variable = variable(key)
        for text in (environment[variable] ?? "").split(separator: ",") {
            all.append(try Self.named(String(text).trimmed, place: variable))
        }
        for text in flags { all.append(try Self.named(text, place: flagName)) }
        return all
    }

    private static func named(_ text: String, place: String) throws(SettingsError) -> NamedSetting {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            .map { String($0).trimmed }
        let setting = NamedSetting(name: parts[0], value: parts.count == 2 ? parts[1] : "", place: "\(place) \(text)")
        guard parts.count == 2, !setting.name.isEmpty, !setting.value.isEmpty else {
            throw setting.error("a name and a value are expected, as in name=1000")
        }
        return setting
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
