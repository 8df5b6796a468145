import Crypto
import MLS
import MLSWire

extension MLSCipherSuite {
    /// The algorithms, of a suite that is supported.
    var algorithms: CipherSuite { get throws { try CipherSuite(self) } }
}

extension [UInt8] {
    /// The bytes with one bit of one of them turned over.
    func flipped(at index: Int) -> [UInt8] {
        var bytes = self
        bytes[index] ^= 1
        return bytes
    }
}

extension MLS.KEM {
    /// How many bytes a public key has.
    var publicKeyLength: Int {
        switch self {
        case .x25519: 32
        case .p256: 65
        case .p384: 97
        case .p521: 133
        }
    }
}

func secret(_ text: String) -> SymmetricKey { SymmetricKey(data: Array(text.utf8)) }
