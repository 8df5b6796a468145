package import Crypto
import Foundation
import MLSWire
package import TLSSyntax

extension SymmetricKey {
    /// Takes bytes over into memory that is wiped when it is given up, and wipes where they were.
    package init(wiping bytes: inout [UInt8]) {
        self.init(data: bytes)
        bytes.wipe()
    }

    /// Parses the secret's bytes where they are.
    package func read<Value>(
        _ body: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(SyntaxError) -> Value {
        let result: Result<Value, SyntaxError> = withUnsafeBytes { bytes in
            do throws(SyntaxError) { return .success(try SyntaxReader.read(bytes, body)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

extension [UInt8] {
    /// Overwrites the bytes with zeros, and empties the array. Other copies of it stay as they are.
    package mutating func wipe() {
        withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return }
            explicit_bzero(start, buffer.count)
        }
        self = []
    }
}

extension SyntaxReader {
    /// `opaque x<V>` into memory that is wiped.
    package mutating func secret() throws(SyntaxError) -> SymmetricKey {
        var bytes = try variableOpaque(0...MLSLimits.cryptographicLength)
        return SymmetricKey(wiping: &bytes)
    }
}

extension [UInt8] {
    package mutating func write(secret: SymmetricKey) {
        secret.withUnsafeBytes { write(variableOpaque: $0) }
    }
}
