internal import Firewall

extension KernelOperation {
    /// For errors: what it does.
    var words: String {
        switch self {
        case .addTable(let isProtected): isProtected ? "make the protected table" : "make the table"
        case .deleteTable: "delete the table"
        case .addCounter(let name): "add the counter \(name)"
        case .deleteCounter(let name): "delete the counter \(name)"
        case .addSet(let set): "add the set \(set.name)"
        case .deleteSet(let name): "delete the set \(name)"
        case .addElements(let set, let elements): "add \(Self.count(elements)) to the set \(set.name)"
        case .deleteElements(let set, let elements): "delete \(Self.count(elements)) of the set \(set.name)"
        case .flushSet(let name): "empty the set \(name)"
        case .addChain(let chain): "add the chain \(chain.name)"
        case .flushChain(let name): "empty the chain \(name)"
        case .deleteChain(let name): "delete the chain \(name)"
        case .addRule(let chain, _): "add a rule to the chain \(chain)"
        }
    }

    private static func count(_ elements: [NamedSet.Element]) -> String {
        guard elements.count == 1, let one = elements.first else { return "\(elements.count) elements" }
        guard let address = IPAddress(bytes: one.first) else { return "1 element" }
        return "\(address)"
    }
}
