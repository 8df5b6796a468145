import TLSSyntax

/// Of a hello's extensions (RFC 8446 §4.2), what can be told from outside.
public struct TLSExtensions: Hashable, Sendable {
    /// The types, in order.
    public private(set) var types: [UInt16] = []
    /// The host that is asked for (RFC 6066 §3), as it stands there.
    public private(set) var serverName: [UInt8]?
    /// Protocols offered or chosen (RFC 7301 §3.1), as they stand there.
    public private(set) var applicationProtocols: [[UInt8]] = []
    /// Versions offered, or the one chosen.
    public private(set) var versions: [TLSVersion] = []
    /// Groups for which a key is sent, or the one chosen.
    public private(set) var keyShareGroups: [NamedGroup] = []
    /// Groups that the client could use, the best first (RFC 8446 §4.2.7).
    public private(set) var supportedGroups: [NamedGroup] = []
    /// Forms of points on a curve that the client understands (RFC 8422 §5.1.2).
    public private(set) var pointFormats: [UInt8] = []
    /// Schemes in which the client would take a signature, the best first (RFC 8446 §4.2.3).
    public private(set) var signatureAlgorithms: [UInt16] = []

    public var hasPreSharedKey: Bool { types.contains(41) }
    public var hasEarlyData: Bool { types.contains(42) }
    /// A name that is hidden (RFC 9849), or a bluff that looks the same.
    public var hasEncryptedClientHello: Bool { types.contains(0xFE0D) }

    private enum Kind: UInt16 {
        case serverName = 0
        case supportedGroups = 10
        case pointFormats = 11
        case signatureAlgorithms = 13
        case applicationProtocols = 16
        case versions = 43
        case keyShare = 51
    }

    public init() {}

    /// - Parameter isClient: a client lists what it offers; a server names what it chose.
    init(from reader: inout SyntaxReader, isClient: Bool) throws(SyntaxError) {
        // A hello without extensions ends before their length.
        guard !reader.isAtEnd else { return }
        var result = TLSExtensions()
        _ = try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
            let type = try inner.uint16()
            result.types.append(type)
            guard let kind = Kind(rawValue: type) else {
                _ = try inner.opaqueRange(lengthBytes: 2, 0...65_535)
                return
            }
            try inner.nested(lengthBytes: 2, 0...65_535) { (content) throws(SyntaxError) in
                try result.read(kind, from: &content, isClient: isClient)
            }
        }
        self = result
    }

    private mutating func read(
        _ kind: Kind, from reader: inout SyntaxReader, isClient: Bool
    ) throws(SyntaxError) {
        switch kind {
        case .serverName:
            // A server answers with an empty one.
            guard !reader.isAtEnd else { return }
            let names = try reader.vector(lengthBytes: 2, 1...65_535) { (inner) throws(SyntaxError) in
                (try inner.uint8(), try inner.opaque(lengthBytes: 2, 0...65_535))
            }
            serverName = names.first { $0.0 == 0 }?.1
        case .applicationProtocols:
            applicationProtocols = try reader.vector(lengthBytes: 2, 2...65_535) { (inner) throws(SyntaxError) in
                try inner.opaque(lengthBytes: 1, 1...255)
            }
        case .supportedGroups:
            supportedGroups = try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
                NamedGroup(rawValue: try inner.uint16())
            }
        case .pointFormats: pointFormats = try reader.opaque(lengthBytes: 1, 0...255)
        case .signatureAlgorithms:
            signatureAlgorithms = try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
                try inner.uint16()
            }
        case .versions:
            versions =
                isClient
                ? try reader.vector(lengthBytes: 1, 2...254) { (inner) throws(SyntaxError) in
                    TLSVersion(rawValue: try inner.uint16())
                } : [TLSVersion(rawValue: try reader.uint16())]
        case .keyShare:
            if isClient {
                keyShareGroups = try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
                    let group = NamedGroup(rawValue: try inner.uint16())
                    _ = try inner.opaqueRange(lengthBytes: 2, 1...65_535)
                    return group
                }
            } else {
                keyShareGroups = [NamedGroup(rawValue: try reader.uint16())]
                // A HelloRetryRequest names the group alone.
                if !reader.isAtEnd { _ = try reader.opaqueRange(lengthBytes: 2, 1...65_535) }
            }
        }
    }
}
