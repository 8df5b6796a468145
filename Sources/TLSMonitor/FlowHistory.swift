import TLSWire

/// What passed on a connection, as the letters that Zeek writes in `ssl_history`: the client's in upper case, each kind of a side in a
/// row once.
struct FlowHistory {
    private(set) var letters = ""
    private var last: UInt8 = 0
    private var count = 0

    /// Letters that are kept.
    private static let most = 64

    mutating func add(_ judgement: TLSHandshakeView.Judgement, _ direction: FlowDirection) {
        switch judgement.kind {
        case .handshake:
            for (message, word) in zip(judgement.messages, judgement.words) {
                add(word == "HelloRetryRequest" ? UInt8(ascii: "J") : Self.letter(message), direction)
            }
        case .changeCipherSpec: add(UInt8(ascii: "I"), direction)
        case .alert: add(UInt8(ascii: "L"), direction)
        case .protected: add(UInt8(ascii: "D"), direction)
        case .unaccounted: break
        }
    }

    private mutating func add(_ letter: UInt8, _ direction: FlowDirection) {
        let letter = direction == .clientToServer ? letter : letter | 0x20
        guard letter != last, count < Self.most else { return }
        last = letter
        count += 1
        letters.unicodeScalars.append(Unicode.Scalar(letter))
    }

    private static func letter(_ type: HandshakeType) -> UInt8 {
        switch type.rawValue {
        case 0: UInt8(ascii: "H")
        case 1: UInt8(ascii: "C")
        case 2: UInt8(ascii: "S")
        case 3: UInt8(ascii: "V")
        case 4: UInt8(ascii: "T")
        case 11: UInt8(ascii: "X")
        case 12: UInt8(ascii: "K")
        case 13: UInt8(ascii: "R")
        case 14: UInt8(ascii: "N")
        case 15: UInt8(ascii: "Y")
        case 16: UInt8(ascii: "G")
        case 20: UInt8(ascii: "F")
        case 21: UInt8(ascii: "W")
        case 22: UInt8(ascii: "U")
        case 23: UInt8(ascii: "A")
        case 24: UInt8(ascii: "P")
        default: UInt8(ascii: "Z")
        }
    }
}
