public import TLSSyntax

/// `SignContent`, `EncryptContext` and `RefHashInput` (RFC 9420 §5.1.2, §5.1.3, §5.2), which have one form: what is signed, encrypted
/// under or hashed says what it is for, so that no signature or ciphertext can serve for another purpose.
public struct LabelledContent: MLSStructure {
    public let label: [UInt8]
    public let content: [UInt8]

    /// - Parameter label: as the RFC names it; "MLS 1.0 " is put in front.
    public init(_ label: String, _ content: [UInt8]) {
        self.label = Array("MLS 1.0 ".utf8) + Array(label.utf8)
        self.content = content
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        label = try reader.variableOpaque()
        content = try reader.variableOpaque()
    }

    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(label.count + content.count + 8)
        write(into: &bytes)
        return bytes
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(variableOpaque: label)
        bytes.write(variableOpaque: content)
    }
}
