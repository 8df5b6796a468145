package import Crypto
package import MLSWire
package import TLSSyntax

/// What a welcome brings to one new member, encrypted to its key package (RFC 9420 §12.4.3.1).
package struct GroupSecrets: Sendable {
    package let joiner: SymmetricKey
    /// The secret of the lowest node above both the newcomer and the committer, if the commit had a path.
    package let path: SymmetricKey?
    package let preSharedKeys: [PreSharedKeyID]

    package init(joiner: SymmetricKey, path: SymmetricKey?, preSharedKeys: [PreSharedKeyID]) {
        self.joiner = joiner
        self.path = path
        self.preSharedKeys = preSharedKeys
    }

    package init(decoding secret: SymmetricKey) throws(SyntaxError) {
        self = try secret.read { (reader) throws(SyntaxError) in
            GroupSecrets(
                joiner: try reader.secret(),
                path: try reader.optional { (reader) throws(SyntaxError) in try reader.secret() },
                preSharedKeys: try reader.variableVector(
                    of: PreSharedKeyID.self, maximumCount: MLSLimits.preSharedKeys))
        }
    }

    package var encoded: SymmetricKey {
        var bytes: [UInt8] = []
        bytes.write(secret: joiner)
        bytes.writeOptional(path) { $0.write(secret: $1) }
        bytes.writeVariable(preSharedKeys)
        return SymmetricKey(wiping: &bytes)
    }
}
