package import TLSMonitor

/// A name for a connection that is the same in every run over the same packets, in the form of Zeek's `uid`.
package enum FlowIdentity {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// `C` and 17 letters or digits, of both ends and the time of the first packet.
    package static func uid(client: Endpoint, server: Endpoint, start: Int64) -> String {
        let words: [UInt64] = [
            client.address.high, client.address.low, server.address.high, server.address.low,
            UInt64(client.port) << 16 | UInt64(server.port), UInt64(bitPattern: start),
        ]
        var result: [UInt8] = [UInt8(ascii: "C")]
        // Two halves that are mixed apart; a name needs no more than that few are the same.
        for (seed, count) in [(0x9E37_79B9_7F4A_7C15, 9), (0xC2B2_AE3D_27D4_EB4F, 8)] as [(UInt64, Int)] {
            var state = words.reduce(seed) { mix($0 ^ $1) }
            for _ in 0..<count {
                result.append(digits[Int(state % 62)])
                state /= 62
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The end of SplitMix64.
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
