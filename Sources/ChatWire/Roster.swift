package import Chat
package import TLSSyntax

/// How a commit changes who gets a room's messages. The server cannot read this in the commit, so the committer says it; the
/// members compare it with what the commit does.
///
///     struct { Identity device; uint32 leaf; } Addition;
///     struct {
///         Addition added<0..2^16>;            /* behind a length of three bytes */
///         Identity removed<0..2^16>;          /* likewise */
///     } Roster;
package struct Roster: Hashable, Sendable {
    /// A device, and its place in the group's tree: so the server can ask for its removal when it is revoked.
    package struct Addition: Hashable, Sendable {
        package var device: PeerIdentity
        package var leaf: UInt32

        package init(_ device: PeerIdentity, leaf: UInt32) {
            self.device = device
            self.leaf = leaf
        }
    }

    package var added: [Addition]
    package var removed: [PeerIdentity]

    package init(added: [Addition] = [], removed: [PeerIdentity] = []) {
        self.added = added
        self.removed = removed
    }

    package var isEmpty: Bool { added.isEmpty && removed.isEmpty }

    /// More than a server takes: a decoder keeps several times what it reads.
    private static let lengths = 0...65_536

    package init(from reader: inout SyntaxReader) throws(SyntaxError) {
        added = try reader.vector(lengthBytes: 3, Self.lengths) { (inner) throws(SyntaxError) in
            let device = try inner.identity()
            return Addition(device, leaf: try inner.uint32())
        }
        removed = try reader.vector(lengthBytes: 3, Self.lengths) { (inner) throws(SyntaxError) in
            try inner.identity()
        }
    }

    package func write(to writer: inout some SyntaxWriter) throws(SyntaxError) {
        try writer.writeNested(lengthBytes: 3, Self.lengths) { (writer) throws(SyntaxError) in
            for addition in added {
                try writer.write(addition.device)
                writer.write(addition.leaf)
            }
        }
        try writer.writeNested(lengthBytes: 3, Self.lengths) { (writer) throws(SyntaxError) in
            for device in removed { try writer.write(device) }
        }
    }
}
