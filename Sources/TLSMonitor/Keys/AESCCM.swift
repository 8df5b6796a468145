import Crypto
import CryptoExtras
import Foundation

/// AES in counter mode with a CBC message authentication code (RFC 3610, NIST SP 800-38C).
enum AESCCM {
    private static let block = 16

    /// The plaintext; nil if the tag at the end of `sealed` is not the one of this key, nonce and data, or for lengths that there are not.
    /// - Parameters:
    ///   - sealed: ciphertext and tag.
    ///   - tagLength: 4, 6, … 16 bytes.
    ///   - nonce: 7 to 13 bytes.
    ///   - data: what is authenticated beside it, less than 65,280 bytes.
    static func open(
        _ sealed: UnsafeRawBufferPointer, tagLength: Int, using key: SymmetricKey, nonce: some Collection<UInt8>,
        authenticating data: [UInt8]
    ) -> Data? {
        let length = sealed.count - tagLength
        // Bytes in which the length and the counter stand.
        let width = 15 - nonce.count
        guard (4...16).contains(tagLength), tagLength.isMultiple(of: 2), (2...8).contains(width), data.count < 0xFF00,
            length >= 0, width > 7 || length < 1 << (8 * width)
        else { return nil }
        do {
            let start = [UInt8(width - 1)] + nonce + [UInt8](repeating: 0, count: width)
            // The first block masks the tag, the ones behind it the text.
            var masked = Data(capacity: block + length)
            masked.append(contentsOf: repeatElement(0, count: block))
            masked.append(contentsOf: sealed[..<length])
            let clear = try AES._CTR.encrypt(masked, using: key, nonce: .init(nonceBytes: start))
            let code = try code(clear.dropFirst(block), tagLength: tagLength, key, nonce: Array(nonce), data)
            // Without a branch that depends on where they differ.
            var difference: UInt8 = 0
            for (index, pair) in zip(code, clear).prefix(tagLength).enumerated() {
                difference |= pair.0 ^ pair.1 ^ sealed[length + index]
            }
            return difference == 0 ? clear.dropFirst(block) : nil
        } catch {
            return nil
        }
    }

    /// The CBC message authentication code (RFC 3610 §2.2).
    private static func code(
        _ text: Data, tagLength: Int, _ key: SymmetricKey, nonce: [UInt8], _ data: [UInt8]
    ) throws -> Data {
        let width = 15 - nonce.count
        var blocks = Data(capacity: text.count + data.count + 4 * block)
        blocks.append((data.isEmpty ? 0 : 0x40) | UInt8((tagLength - 2) / 2) << 3 | UInt8(width - 1))
        blocks.append(contentsOf: nonce)
        for place in (0..<width).reversed() { blocks.append(UInt8(truncatingIfNeeded: text.count >> (8 * place))) }
        if !data.isEmpty {
            blocks.append(contentsOf: [UInt8(data.count >> 8), UInt8(data.count & 0xFF)])
            blocks.append(contentsOf: data)
            fill(&blocks)
        }
        blocks.append(text)
        fill(&blocks)
        let zeros = [UInt8](repeating: 0, count: block)
        return try AES._CBC.encrypt(blocks, using: key, iv: .init(ivBytes: zeros), noPadding: true).suffix(block)
    }

    private static func fill(_ blocks: inout Data) {
        let over = blocks.count % block
        if over > 0 { blocks.append(contentsOf: repeatElement(0, count: block - over)) }
    }
}
