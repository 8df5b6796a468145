/// A message as it goes out, in which only what makes it another one is replaced.
struct MessageTemplate {
    private(set) var bytes: [UInt8]
    let payloadStart: Int
    /// Where the number stands under which it is acknowledged, big-endian, and in how many bytes: 2 or 4.
    private let request: (place: Int, width: Int)?
    /// Where its token stands, a big-endian number of 8 bytes, which is to be another in each of a device's messages.
    private let token: Int?

    /// - Parameter payload: so many of the last bytes are the payload; at least a ``Stamp``.
    init(_ bytes: [UInt8], payload: Int, request: (place: Int, width: Int)? = nil, token: Int? = nil) {
        self.bytes = bytes
        payloadStart = bytes.count - payload
        self.request = request
        self.token = token
    }

    var payloadCount: Int { bytes.count - payloadStart }

    mutating func fill(_ stamp: Stamp, request number: UInt32, token value: UInt64) {
        let payloadStart = payloadStart
        bytes.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { stamp.write(to: start + payloadStart) }
            if let token { bytes.storeBytes(of: value.bigEndian, toByteOffset: token, as: UInt64.self) }
            switch request {
            case (let place, 2)?:
                bytes.storeBytes(
                    of: UInt16(truncatingIfNeeded: number).bigEndian, toByteOffset: place, as: UInt16.self)
            case (let place, _)?: bytes.storeBytes(of: number.bigEndian, toByteOffset: place, as: UInt32.self)
            case nil: break
            }
        }
    }
}
