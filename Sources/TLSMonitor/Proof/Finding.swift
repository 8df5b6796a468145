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

    /// What it is about, for programs.
    public enum Topic: Hashable, Sendable {
        /// A marker is on the wire.
        case marker
        /// Bytes that are no TLS where TLS should be.
        case plaintext
        /// A protocol in the clear before TLS began.
        case prefix
        /// The same place of a stream, twice and different.
        case overlapConflict
        /// Bytes are not in the capture, or could not be assigned.
        case gap
        /// A rule of the protocol is broken.
        case rule(ConformanceRule)
        /// A record that the keys do not open, or not in its place.
        case keys(KeyFailure)
        /// TLS before 1.3.
        case oldVersion
        /// Bytes that are marked as encrypted, and are not spread like it.
        case spread
        /// About the capture as a whole, or what cannot be said of a connection.
        case capture
    }

    public var weight: Weight
    public var topic: Topic
    /// In one sentence.
    public var words: String
    /// The connection, from 1; `nil` if it is about the capture.
    public var flow: Int?
    public var direction: FlowDirection?
    /// Of the byte in its direction's stream.
    public var offset: Int?
    public var packet: Int?

    public init(
        weight: Weight, topic: Topic = .capture, words: String, flow: Int? = nil, direction: FlowDirection? = nil,
        offset: Int? = nil,
        packet: Int? = nil
    ) {
        self.weight = weight
        self.topic = topic
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
