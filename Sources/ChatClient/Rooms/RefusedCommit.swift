/// Why a commit is not accepted, though the library might.
struct RefusedCommit: Error, CustomStringConvertible {
    var description: String

    init(_ reason: String) { description = reason }
}
