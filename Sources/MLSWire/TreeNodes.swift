public import TLSSyntax

/// A node of a ratchet tree that is not blank. It is held by reference, so that a tree of many blanks is small.
public indirect enum TreeNode: MLSStructure {
    case leaf(LeafNode)
    case parent(ParentNode)

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try reader.uint8() {
        case 1: self = .leaf(try LeafNode(from: &reader))
        case 2: self = .parent(try ParentNode(from: &reader))
        default: throw .invalidValue(offset: start, "tree node of unknown type")
        }
    }

    public func write(into bytes: inout [UInt8]) {
        switch self {
        case .leaf(let leaf):
            bytes.append(1)
            bytes.write(leaf)
        case .parent(let parent):
            bytes.append(2)
            bytes.write(parent)
        }
    }
}

/// A ratchet tree as it is sent (RFC 9420 §12.4.3.3): its nodes from left to right, without the blanks at the end.
/// The content of the extension `ratchet_tree`.
public struct TreeNodes: MLSStructure {
    public let nodes: [TreeNode?]

    public init(_ nodes: [TreeNode?]) {
        self.nodes = nodes
    }

    /// - Throws: `SyntaxError.invalidValue` if the tree is empty, ends with a blank, or has a leaf where
    ///   a parent belongs or the reverse.
    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        var isLeafPlace = false
        nodes = try reader.variableVector(maximumCount: MLSLimits.nodes) {
            (reader) throws(SyntaxError) -> TreeNode? in
            isLeafPlace.toggle()
            let start = reader.offset
            let node = try reader.optional { (reader) throws(SyntaxError) in try TreeNode(from: &reader) }
            switch node {
            case .leaf where !isLeafPlace: throw .invalidValue(offset: start, "leaf in the place of a parent node")
            case .parent where isLeafPlace: throw .invalidValue(offset: start, "parent node in the place of a leaf")
            default: return node
            }
        }
        guard let last = nodes.last, last != nil else {
            throw .invalidValue(offset: start, "ratchet tree that is empty or ends with a blank node")
        }
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.writeVariable(nodes) { $0.writeOptional($1) { $1.write(into: &$0) } }
    }
}
