package import Chat
import NIOCore
import TLSSyntax

/// A part of a list of identities in ascending order; ask again after the last one while there are more.
///
///     struct { uint8 more; Identity identities<0..2^16-1>; } IdentityPage;
package struct IdentityPage: Hashable, Sendable {
    /// How many identities a server puts on a page.
    package static let maximumCount = 500

    package var more: Bool
    package var identities: [PeerIdentity]

    package init(more: Bool, identities: [PeerIdentity]) {
        self.more = more
        self.identities = identities
    }

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        more = try reader.boolean()
        identities = try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
            try inner.identity()
        }
    }

    func write(to buffer: inout ByteBuffer) throws(SyntaxError) {
        buffer.write(more ? 1 : 0 as UInt8)
        try buffer.writeNested(lengthBytes: 2, 0...65_535) { (buffer) throws(SyntaxError) in
            for identity in identities { try buffer.write(identity) }
        }
    }
}
