import MLSWire
import TLSSyntax

/// The effects of a commit as they are stored with its epoch.
extension Effects {
    func write(into bytes: inout [UInt8]) {
        bytes.write(committer)
        bytes.append(isExternalJoin ? 1 : 0)
        bytes.writeVariable(added) { $1.write(into: &$0) }
        bytes.writeVariable(removed) { $1.write(into: &$0) }
        bytes.writeVariable(updated) { bytes, change in
            change.old.write(into: &bytes)
            change.new.write(into: &bytes)
        }
        bytes.append(removesSelf ? 1 : 0)
        bytes.writeOptional(extensions) { $0.write($1) }
        bytes.writeOptional(reInit) { $0.write($1) }
        bytes.writeVariable(preSharedKeys)
        bytes.writeVariable(custom) { bytes, custom in
            bytes.write(custom.type)
            bytes.write(variableOpaque: custom.content)
            bytes.write(custom.sender)
        }
    }

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        committer = try LeafIndex(from: &reader)
        isExternalJoin = try reader.flag()
        added = try GroupMember.list(from: &reader)
        removed = try GroupMember.list(from: &reader)
        updated = try reader.variableVector(maximumCount: MLSLimits.leaves) { (reader) throws(SyntaxError) in
            Change(old: try GroupMember(from: &reader), new: try GroupMember(from: &reader))
        }
        removesSelf = try reader.flag()
        extensions = try reader.optional { (reader) throws(SyntaxError) in try Extensions(from: &reader) }
        reInit = try reader.optional { (reader) throws(SyntaxError) in try ReInit(from: &reader) }
        preSharedKeys = try reader.variableVector(of: PreSharedKeyID.self, maximumCount: MLSLimits.proposals)
        custom = try reader.variableVector(maximumCount: MLSLimits.proposals) { (reader) throws(SyntaxError) in
            Custom(
                type: try ProposalType(from: &reader), content: try reader.variableOpaque(),
                sender: try Sender(from: &reader))
        }
    }
}

extension GroupMember {
    fileprivate func write(into bytes: inout [UInt8]) {
        bytes.write(leaf)
        bytes.write(credential)
        bytes.write(signatureKey)
    }

    fileprivate init(from reader: inout SyntaxReader) throws(SyntaxError) {
        leaf = try LeafIndex(from: &reader)
        credential = try Credential(from: &reader)
        signatureKey = try SignaturePublicKey(from: &reader)
    }

    fileprivate static func list(from reader: inout SyntaxReader) throws(SyntaxError) -> [GroupMember] {
        try reader.variableVector(maximumCount: MLSLimits.leaves) { (reader) throws(SyntaxError) in
            try GroupMember(from: &reader)
        }
    }
}

extension SyntaxReader {
    fileprivate mutating func flag() throws(SyntaxError) -> Bool {
        let start = offset
        switch try uint8() {
        case 0: return false
        case 1: return true
        default: throw .invalidValue(offset: start, "flag that is neither 0 nor 1")
        }
    }
}
