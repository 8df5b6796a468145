/// A rule of delivery that was broken.
struct Violation: Error, CustomStringConvertible {
    enum Rule: String {
        case durability = "nobody sees what is not on the disk"
        case placeOnce = "every place in a log is given once, and each hashes the one before"
        case tokenOnce = "a token has one place"
        case sameForAll = "everybody gets the same entries"
        case noGap = "who has entered gets every entry once, in order"
        case answers = "every request has exactly one answer, about one room in the order of the requests"
        case acknowledged = "what was acknowledged stays"
        case refusals = "what was refused is not in the log, and what is there is not refused"
        case members = "only members get a room's entries"
        case welcomes = "who was added is welcomed until it has taken the welcome"
        case packagesOnce = "a key package is given away once"
        case recovery = "the server starts from whatever a crash leaves"
        case bounds = "nothing is left of those who are gone"
    }

    var rule: Rule
    var words: String

    init(_ rule: Rule, _ words: String) {
        self.rule = rule
        self.words = words
    }

    var description: String { "\(rule.rawValue): \(words)" }
}
