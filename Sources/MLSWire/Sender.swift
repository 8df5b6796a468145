public import TLSSyntax

/// Who sent a framed message (RFC 9420 §6).
public enum Sender: MLSStructure {
    /// A member, by its leaf.
    case member(LeafIndex)
    /// Somebody outside, by the number in the extension `external_senders`.
    case external(index: UInt32)
    /// A client that proposes its own Add.
    case newMemberProposal
    /// A client that joins by its own commit.
    case newMemberCommit

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try reader.uint8() {
        case 1: self = .member(try LeafIndex(from: &reader))
        case 2: self = .external(index: try reader.uint32())
        case 3: self = .newMemberProposal
        case 4: self = .newMemberCommit
        default: throw .invalidValue(offset: start, "sender of unknown type")
        }
    }

    public func write(into bytes: inout [UInt8]) {
        switch self {
        case .member(let leaf):
            bytes.append(1)
            bytes.write(leaf)
        case .external(let index):
            bytes.append(2)
            bytes.write(index)
        case .newMemberProposal: bytes.append(3)
        case .newMemberCommit: bytes.append(4)
        }
    }
}
