/// Something that bears on the verdict, with its evidence.
public struct Finding: Hashable, Sendable {
    public enum Weight: String, Hashable, Sendable {
        /// It refutes that only handshakes and ciphertext were on the wire.
        case violation
        /// It leaves the question open.
        case doubt
        /// It is worth knowing.
        case note
    }

    public var weight: Weight
    /// In one sentence.
    public var words: String
    /// The connection, from 1; `nil` if it is about the capture.
    public var flow: Int?
    public var direction: FlowDirection?
    /// Of the byte in its direction's stream.
    public var offset: Int?
    public var packet: Int?

    public init(
        weight: Weight, words: String, flow: Int? = nil, direction: FlowDirection? = nil, offset: Int? = nil,
        packet: Int? = nil
    ) {
        self.weight = weight
        self.words = words
        self.flow = flow
        self.direction = direction
        self.offset = offset
        self.packet = packet
    }
}

/// Who sends.
public enum FlowDirection: String, Hashable, Sendable, CaseIterable {
    case clientToServer = "c2s"
    case serverToClient = "s2c"

    public var opposite: FlowDirection { self == .clientToServer ? .serverToClient : .clientToServer }
    public var sender: String { self == .clientToServer ? "the client" : "the server" }
    var index: Int { self == .clientToServer ? 0 : 1 }
}
