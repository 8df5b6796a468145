import Crypto
import MLS
import MLSWire

extension HexBytes {
    var secret: SymmetricKey { SymmetricKey(data: bytes) }
    var groupID: GroupID { GroupID(bytes: bytes) }

    /// The structure that the bytes are, which must give the same bytes again.
    func decoded<Value: MLSStructure>(_ what: String, as _: Value.Type = Value.self) throws -> Value {
        let value = try within(what) { try Value(decoding: bytes) }
        try expect("\(what), written again,", value.encoded, is: self)
        return value
    }
}

extension UInt16 {
    /// The suite of this number.
    func cipherSuite() throws -> CipherSuite { try CipherSuite(MLSCipherSuite(rawValue: self)) }
}
