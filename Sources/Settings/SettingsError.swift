/// A setting that cannot be used: where it stands, what is wrong, what to do.
package struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package let kind: Kind

    package enum Kind: Hashable, Sendable {
        /// A flag was given wrongly.
        case usage
        /// A file that was asked for is missing.
        case missingFile
        /// The environment or a file says something that cannot be.
        case configuration
    }

    init(_ description: String, _ kind: Kind = .configuration) {
        self.description = description
        self.kind = kind
    }
}
