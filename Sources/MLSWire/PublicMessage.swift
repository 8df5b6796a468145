public import TLSSyntax

/// A message that is signed, and not encrypted (RFC 9420 §6.2).
public struct PublicMessage: MLSStructure {
    public var content: FramedContent
    public var auth: FramedContentAuthData
    /// The sender's proof of membership: of members, and of nobody else.
    public var membershipTag: MACTag?

    public init(content: FramedContent, auth: FramedContentAuthData, membershipTag: MACTag? = nil) {
        self.content = content
        self.auth = auth
        self.membershipTag = membershipTag
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        content = try FramedContent(from: &reader)
        auth = try FramedContentAuthData(of: content.content.type, from: &reader)
        if case .member = content.sender { membershipTag = try MACTag(from: &reader) }
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(content)
        auth.write(into: &bytes)
        if let membershipTag { bytes.write(membershipTag) }
    }
}
