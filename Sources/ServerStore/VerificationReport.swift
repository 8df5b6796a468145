/// What a ``Verification`` has found.
package struct VerificationReport: Hashable, Sendable {
    /// Something that is not as it must be.
    package struct Finding: Hashable, Sendable {
        /// Where: the database itself, a room, an entry of it.
        package var place: String
        package var words: String
    }

    package let path: String
    package let form: Int
    package internal(set) var rooms = 0
    package internal(set) var entries: UInt64 = 0
    /// Of the database's pages.
    package internal(set) var bytes: UInt64 = 0
    /// The time of the latest entry, in milliseconds since 1970; `nil` if there is none.
    package internal(set) var latest: UInt64?
    package private(set) var findings: [Finding] = []
    /// How many findings there were beyond ``mostFindings``.
    package private(set) var omitted = 0

    package static let mostFindings = 200

    package var isWhole: Bool { findings.isEmpty }

    init(path: String, form: Int) {
        self.path = path
        self.form = form
    }

    mutating func note(_ place: String, _ words: String) {
        guard findings.count < Self.mostFindings else { return omitted += 1 }
        findings.append(Finding(place: place, words: words))
    }
}
