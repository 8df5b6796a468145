import JSONText

extension FirewallRule {
    static let keys = [
        "id", "name", "action", "protocol", "ports", "direction", "source", "destination", "interface", "enabled",
        "note",
    ]

    /// Reads a rule of a rules file.
    init(_ node: JSONNode, path: String, file: String) throws(PolicyError) {
        let reader = try PolicyReader(node, path: path, file: file, keys: Self.keys)
        _ = try reader.required("id", remedy: "write \"id\": and a number that no other rule has")
        _ = try reader.required("name", remedy: "write \"name\": and what the rule is for")
        _ = try reader.required("action", remedy: "write \"action\": \"block\", or \"allow\"")
        self.init(
            id: try reader.int("id", in: PolicyLimits.ids) ?? 0,
            name: try reader.text("name") ?? "",
            action: try reader.choice("action", Action.self) ?? .block,
            transport: try reader.choice("protocol", TransportProtocol.self) ?? .any,
            ports: try Self.ports(reader),
            direction: try reader.choice("direction", Direction.self) ?? .in,
            sources: try reader.prefixes("source"),
            destinations: try reader.prefixes("destination"),
            interface: try reader.text("interface").flatMap { $0 == "*" ? nil : $0 },
            isEnabled: try reader.bool("enabled") ?? true,
            note: try reader.text("note") ?? "")
        let rule = self
        try reader.checking { () throws(PolicyError) in try rule.check() }
    }

    /// Numbers, or texts with one port or one range each.
    private static func ports(_ reader: PolicyReader) throws(PolicyError) -> [ClosedRange<UInt16>] {
        var ports: [ClosedRange<UInt16>] = []
        for (node, path) in try reader.list("ports", limit: PolicyLimits.ports, isSingleAllowed: true) {
            let text: String
            switch node.value {
            case .string(let string): text = string
            case .number(let number): text = number
            default: throw reader.unexpected(node, path, "write a port such as 23, or a range such as \"135-139\"")
            }
            do throws(PortTextError) {
                ports.append(try PortText.range(text))
            } catch {
                throw reader.error(node, path, error.fault, error.remedy)
            }
        }
        return ports
    }
}
