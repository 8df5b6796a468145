public import TLSSyntax

/// A proposal in a commit: itself, or the hash of the message that carried it (RFC 9420 §12.4).
public indirect enum ProposalOrRef: MLSStructure {
    case proposal(Proposal)
    case reference(ProposalRef)

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try reader.uint8() {
        case 1: self = .proposal(try Proposal(from: &reader))
        case 2: self = .reference(try ProposalRef(from: &reader))
        default: throw .invalidValue(offset: start, "neither a proposal nor a reference")
        }
    }

    public func write(into bytes: inout [UInt8]) {
        switch self {
        case .proposal(let proposal):
            bytes.append(1)
            bytes.write(proposal)
        case .reference(let reference):
            bytes.append(2)
            bytes.write(reference)
        }
    }
}

/// The start of a new epoch (RFC 9420 §12.4).
public struct Commit: MLSStructure {
    public var proposals: [ProposalOrRef]
    public var path: UpdatePath?

    public init(proposals: [ProposalOrRef], path: UpdatePath?) {
        self.proposals = proposals
        self.path = path
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        proposals = try reader.variableVector(of: ProposalOrRef.self, maximumCount: MLSLimits.proposals)
        path = try reader.optional { (reader) throws(SyntaxError) in try UpdatePath(from: &reader) }
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.writeVariable(proposals)
        bytes.writeOptional(path) { $1.write(into: &$0) }
    }
}
