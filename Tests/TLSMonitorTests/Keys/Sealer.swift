import Crypto
import CryptoExtras
import Foundation
import TLSWire

@testable import TLSMonitor

/// Makes the records of one direction with a key.
struct Sealer {
    let suite: UInt16
    let parameters: SuiteParameters
    let isTLS13: Bool
    let key: SymmetricKey
    let iv: [UInt8]
    var count: UInt64 = 0

    /// Of TLS 1.3.
    init?(_ suite: UInt16, secret: SymmetricKey) {
        guard let parameters = SuiteParameters(TLSCipherSuite(rawValue: suite)) else { return nil }
        self.suite = suite
        self.parameters = parameters
        isTLS13 = true
        key = parameters.expand(secret, "key", length: parameters.keyLength)
        iv = parameters.expand(secret, "iv", length: 12).withUnsafeBytes { Array($0) }
    }

    /// Of TLS 1.2: one of the two parts of the key block.
    init?(_ suite: UInt16, master: SymmetricKey, client: [UInt8], server: [UInt8], _ direction: FlowDirection) {
        guard let parameters = SuiteParameters(TLSCipherSuite(rawValue: suite)) else { return nil }
        self.suite = suite
        self.parameters = parameters
        isTLS13 = false
        let salt = parameters.cipher == .chaCha20Poly1305 ? 12 : 4
        let block = parameters.expand12(
            master, "key expansion", seed: server + client, length: 2 * (parameters.keyLength + salt))
        let index = direction == .clientToServer ? 0 : 1
        key = SymmetricKey(data: block[(index * parameters.keyLength)...].prefix(parameters.keyLength))
        iv = Array(block[(2 * parameters.keyLength + index * salt)...].prefix(salt))
    }

    /// A record of this sender, which counts it.
    mutating func seal(_ content: [UInt8], type: UInt8 = 23, padding: Int = 0) -> [UInt8] {
        defer { count += 1 }
        let number = withUnsafeBytes(of: count.bigEndian) { Array($0) }
        let tag = parameters.cipher == .aesCCM8 ? 8 : 16
        func big(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
        if isTLS13 {
            let plain = content + [type] + [UInt8](repeating: 0, count: padding)
            let header: [UInt8] = [23, 3, 3] + big(plain.count + tag)
            return header + sealed(plain, nonce: mixed(number), header, tag)
        }
        let isImplicit = parameters.cipher == .chaCha20Poly1305
        // Explicit nonces need not be numbers.
        let explicit: [UInt8] = isImplicit ? [] : number.reversed()
        let body = sealed(
            content, nonce: isImplicit ? mixed(number) : iv + explicit, number + [type, 3, 3] + big(content.count), tag)
        return [type, 3, 3] + big(explicit.count + body.count) + explicit + body
    }

    private func mixed(_ number: [UInt8]) -> [UInt8] { zip(iv, [0, 0, 0, 0] + number).map { $0 ^ $1 } }

    private func sealed(_ plain: [UInt8], nonce: [UInt8], _ data: [UInt8], _ tag: Int) -> [UInt8] {
        do {
            switch parameters.cipher {
            case .aesGCM:
                let box = try AES.GCM.seal(plain, using: key, nonce: .init(data: nonce), authenticating: data)
                return Array(box.ciphertext) + Array(box.tag)
            case .chaCha20Poly1305:
                let box = try ChaChaPoly.seal(plain, using: key, nonce: .init(data: nonce), authenticating: data)
                return Array(box.ciphertext) + Array(box.tag)
            case .aesCCM, .aesCCM8:
                return try BlockwiseCCM(key: key).seal(plain, nonce: nonce, data: data, tagLength: tag)
            }
        } catch {
            return []
        }
    }
}

/// AES-CCM as RFC 3610 writes it down, block by block.
struct BlockwiseCCM {
    let key: SymmetricKey

    private func block(_ input: [UInt8]) throws -> [UInt8] {
        var block = input
        try AES.permute(&block, key: key)
        return block
    }

    func seal(_ plain: [UInt8], nonce: [UInt8], data: [UInt8], tagLength: Int) throws -> [UInt8] {
        let width = 15 - nonce.count
        func number(_ value: Int) -> [UInt8] { (0..<width).reversed().map { UInt8(value >> (8 * $0) & 0xFF) } }
        func filled(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: (16 - bytes.count % 16) % 16) }
        let flags = (data.isEmpty ? 0 : 64) + 8 * ((tagLength - 2) / 2) + (width - 1)
        var input = [UInt8(flags)] + nonce + number(plain.count)
        if !data.isEmpty { input += filled([UInt8(data.count >> 8), UInt8(data.count & 0xFF)] + data) }
        input += filled(plain)
        var code = [UInt8](repeating: 0, count: 16)
        for start in stride(from: 0, to: input.count, by: 16) {
            code = try block(zip(code, input[start..<(start + 16)]).map { $0 ^ $1 })
        }
        func mask(_ counter: Int) throws -> [UInt8] { try block([UInt8(width - 1)] + nonce + number(counter)) }
        var result: [UInt8] = []
        for start in stride(from: 0, to: plain.count, by: 16) {
            result += zip(plain[start..<min(start + 16, plain.count)], try mask(start / 16 + 1)).map { $0 ^ $1 }
        }
        return result + zip(code, try mask(0)).map { $0 ^ $1 }.prefix(tagLength)
    }
}
