/// How the entries of a file fared.
public struct VectorReport: Hashable, Sendable {
    /// Something that was not as the vector says.
    public struct Failure: Hashable, Sendable {
        /// The entry's place in the file, from 0; nil if the file as a whole is at fault.
        public let index: Int?
        public let reason: String
    }

    /// Entries of which everything was as it should be.
    public internal(set) var passed = 0
    public internal(set) var failures: [Failure] = []
    /// How many entries were left out, by the number of the cipher suite that is not supported.
    public internal(set) var skipped: [UInt16: Int] = [:]

    init() {}

    /// The report of a file that could not be read.
    public init(unreadable name: String) {
        failures = [Failure(index: nil, reason: "\(name) cannot be read")]
    }

    public var skippedCount: Int { skipped.values.reduce(0, +) }

    /// Why entries were left out; empty if none was.
    public var skipReason: String {
        let suites = skipped.keys.sorted().map(String.init)
        return switch suites.count {
        case 0: ""
        case 1: "cipher suite \(suites[0]) is not supported"
        default:
            "cipher suites \(suites.dropLast().joined(separator: ", ")) and \(suites[suites.count - 1]) are not supported"
        }
    }
}
