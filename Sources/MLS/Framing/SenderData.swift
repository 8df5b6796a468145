package import MLSWire
package import TLSSyntax

/// Which key a private message was encrypted with (RFC 9420 §6.3.2). It is itself encrypted.
package struct SenderData: MLSStructure {
    package var leaf: LeafIndex
    package var generation: UInt32
    /// Four random bytes that enter the nonce, in case a sender lost its state and uses a key again.
    package var reuseGuard: [UInt8]

    package init(leaf: LeafIndex, generation: UInt32, reuseGuard: [UInt8]) {
        self.leaf = leaf
        self.generation = generation
        self.reuseGuard = reuseGuard
    }

    package init(from reader: inout SyntaxReader) throws(SyntaxError) {
        leaf = try LeafIndex(from: &reader)
        generation = try reader.uint32()
        reuseGuard = try reader.opaque(4)
    }

    package func write(into bytes: inout [UInt8]) {
        bytes.write(leaf)
        bytes.write(generation)
        bytes.append(contentsOf: reuseGuard)
    }
}
