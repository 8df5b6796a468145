import MLS
import MLSWire

/// The secret that follows from a list of keys from outside.
struct PreSharedKeysVector: VectorEntry {
    let cipherSuite: UInt16
    let psks: [Key]
    let pskSecret: HexBytes

    struct Key: Decodable {
        let pskId: HexBytes
        let psk: HexBytes
        let pskNonce: HexBytes
    }

    func check() throws {
        let suite = try cipherSuite.cipherSuite()
        let keys = psks.map {
            (id: PreSharedKeyID(source: .external(id: $0.pskId.bytes), nonce: $0.pskNonce.bytes), key: $0.psk.secret)
        }
        try expect("psk_secret", suite.preSharedSecret(keys).bytes, is: pskSecret)
    }
}
