/// Something in a valid policy that probably is not meant.
package struct PolicyWarning: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// An earlier rule decides all that this one could.
        case neverFits = "never-fits"
        /// A blacklist entry that lies wholly within the whitelist, which wins.
        case whitelisted
        /// An allow rule after which nothing would have blocked.
        case noEffect = "no-effect"
        /// A rule, or a list, that blocks everything in or out.
        case blocksEverything = "blocks-everything"
        /// The whitelist has everybody.
        case allowsEverything = "allows-everything"
        /// Sources of one family alone and destinations of the other: no packet has both.
        case mixedFamilies = "mixed-families"
        /// A list entry whose time is over.
        case expired
        /// A list entry within another one that lasts as long.
        case covered
        /// About `lo`, where nothing is ever blocked.
        case loopback
        /// Rules that were too many to be held against each other.
        case notCompared = "not-compared"
    }

    package let kind: Kind
    /// `rules[1]`, `blacklist[0]`, counted from 0 as JSON does.
    package let field: String
    /// The rule that it is about.
    package let rule: Int?
    /// What is so, and what to do.
    package let words: String

    package init(_ kind: Kind, field: String, rule: Int? = nil, _ words: String) {
        self.kind = kind
        self.field = field
        self.rule = rule
        self.words = words
    }

    package var description: String { "\(field): \(words)" }
}
