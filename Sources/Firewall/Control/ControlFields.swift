import JSONText

/// The members of an object of the control protocol, read strictly.
struct ControlFields {
    private let members: [String: JSONNode]

    /// - Throws: `.usage` unless it is an object.
    init(_ node: JSONNode?, _ what: String) throws(ControlFailure) {
        guard let members = node?.members else { throw Self.failure("\(what) is no JSON object") }
        self.members = Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// Reads one line.
    /// - Throws: `.usage` for what is no object in JSON, longer than `limit` bytes, or of more than so many values.
    init(line: some Collection<UInt8>, limit: Int, values: Int, _ what: String) throws(ControlFailure) {
        guard line.count <= limit else { throw Self.failure("\(what) has more than \(limit) bytes") }
        let node: JSONNode
        do {
            node = try JSONNode(parsing: line, limit: JSONLimits(bytes: limit, depth: 8, values: values))
        } catch {
            throw Self.failure("\(what) is no JSON: \(error)")
        }
        try self.init(node, what)
    }

    static func failure(_ words: String) -> ControlFailure { ControlFailure(.usage, words) }

    /// - Throws: `.usage` when there are members beside these.
    func only(_ names: [String]) throws(ControlFailure) {
        guard let unknown = members.keys.filter({ !names.contains($0) }).min() else { return }
        throw Self.failure("“\(unknown)” means nothing here; there are: \(names.joined(separator: ", "))")
    }

    /// `nil` for null as well.
    func node(_ name: String) -> JSONNode? {
        guard let node = members[name], !node.isNull else { return nil }
        return node
    }

    func fields(_ name: String) throws(ControlFailure) -> ControlFields { try ControlFields(node(name), "“\(name)”") }

    // MARK: Texts

    /// - Parameter most: bytes.
    func optionalText(_ name: String, most: Int = 1_000) throws(ControlFailure) -> String? {
        guard let node = node(name) else { return nil }
        guard let text = node.string else { throw Self.failure("“\(name)” is \(node.kind); a string is expected") }
        guard text.utf8.count <= most else { throw Self.failure("“\(name)” has more than \(most) bytes") }
        return text
    }

    func text(_ name: String, most: Int = 1_000) throws(ControlFailure) -> String {
        guard let text = try optionalText(name, most: most) else { throw Self.failure("“\(name)” is missing") }
        return text
    }

    /// Bytes of each text in a list of them.
    static let longestOfTexts = 2_000

    /// None when it is missing.
    func texts(_ name: String, most: Int = 1_000) throws(ControlFailure) -> [String] {
        try array(name, most: most) { node throws(ControlFailure) in
            guard let text = node.string, text.utf8.count <= Self.longestOfTexts else {
                throw Self.failure(
                    "“\(name)” holds something else than strings of at most \(Self.longestOfTexts) bytes")
            }
            return text
        }
    }

    func optionalChoice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ type: Choice.Type = Choice.self
    ) throws(ControlFailure) -> Choice? {
        guard let text = try optionalText(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.failure("“\(name)” is none of: \(choices)")
        }
        return choice
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ type: Choice.Type = Choice.self
    ) throws(ControlFailure) -> Choice {
        guard let choice = try optionalChoice(name, type) else { throw Self.failure("“\(name)” is missing") }
        return choice
    }

    // MARK: Numbers

    func optionalInt(_ name: String, _ range: ClosedRange<Int>) throws(ControlFailure) -> Int? {
        guard let node = node(name) else { return nil }
        guard let int = node.int, range.contains(int) else {
            throw Self.failure("“\(name)” is no whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return int
    }

    func int(_ name: String, _ range: ClosedRange<Int> = 0...Int.max) throws(ControlFailure) -> Int {
        guard let int = try optionalInt(name, range) else { throw Self.failure("“\(name)” is missing") }
        return int
    }

    /// Milliseconds since 1970, before the year 10000.
    static let times = 0...253_402_300_799_999

    func optionalTime(_ name: String) throws(ControlFailure) -> Int64? {
        try optionalInt(name, Self.times).map(Int64.init)
    }

    func time(_ name: String) throws(ControlFailure) -> Int64 { Int64(try int(name, Self.times)) }

    func optionalPort(_ name: String) throws(ControlFailure) -> UInt16? {
        try optionalInt(name, 0...65_535).map { UInt16(clamping: $0) }
    }

    func double(_ name: String) throws(ControlFailure) -> Double {
        guard let number = node(name)?.double else { throw Self.failure("“\(name)” is no number") }
        return number
    }

    /// False when it is missing.
    func bool(_ name: String) throws(ControlFailure) -> Bool {
        guard let node = node(name) else { return false }
        guard let bool = node.bool else { throw Self.failure("“\(name)” is neither true nor false") }
        return bool
    }

    // MARK: Addresses

    func optionalAddress(_ name: String) throws(ControlFailure) -> IPAddress? {
        guard let text = try optionalText(name, most: 64) else { return nil }
        guard let address = IPAddress(text) else { throw Self.failure("“\(name)” is no IP address") }
        return address
    }

    func address(_ name: String) throws(ControlFailure) -> IPAddress {
        guard let address = try optionalAddress(name) else { throw Self.failure("“\(name)” is missing") }
        return address
    }

    func optionalPrefix(_ name: String) throws(ControlFailure) -> IPPrefix? {
        guard let text = try optionalText(name, most: 64) else { return nil }
        guard let prefix = IPPrefix(text) else {
            throw Self.failure("“\(name)” is neither an IP address nor a network such as 192.0.2.0/24")
        }
        return prefix
    }

    func prefix(_ name: String) throws(ControlFailure) -> IPPrefix {
        guard let prefix = try optionalPrefix(name) else { throw Self.failure("“\(name)” is missing") }
        return prefix
    }

    func prefixes(_ name: String, most: Int) throws(ControlFailure) -> [IPPrefix] {
        try array(name, most: most) { node throws(ControlFailure) in
            guard let prefix = node.string.flatMap({ IPPrefix($0) }) else {
                throw Self.failure("“\(name)” holds something else than IP addresses and networks")
            }
            return prefix
        }
    }

    /// At least one.
    func addresses(_ name: String, most: Int) throws(ControlFailure) -> [IPAddress] {
        let addresses = try array(name, most: most) { node throws(ControlFailure) in
            guard let address = node.string.flatMap({ IPAddress($0) }) else {
                throw Self.failure("“\(name)” holds something else than IP addresses")
            }
            return address
        }
        guard !addresses.isEmpty else { throw Self.failure("“\(name)” names no address") }
        return addresses
    }

    // MARK: Arrays

    /// None when it is missing.
    func array<Element>(
        _ name: String, most: Int, _ element: (JSONNode) throws(ControlFailure) -> Element
    ) throws(ControlFailure) -> [Element] {
        guard let node = node(name) else { return [] }
        guard let nodes = node.array else { throw Self.failure("“\(name)” is \(node.kind); an array is expected") }
        guard nodes.count <= most else { throw Self.failure("“\(name)” has more than \(most) elements") }
        var elements: [Element] = []
        elements.reserveCapacity(nodes.count)
        for node in nodes { elements.append(try element(node)) }
        return elements
    }
}
