public import TLSSyntax

/// Bytes that mean one thing: on the wire `opaque x<V>`.
public protocol OpaqueValue: MLSStructure {
    var bytes: [UInt8] { get }
    init(bytes: [UInt8])
    /// How many bytes a decoder takes.
    static var allowedLength: ClosedRange<Int> { get }
}

extension OpaqueValue {
    public static var allowedLength: ClosedRange<Int> { 0...MLSLimits.cryptographicLength }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        self.init(bytes: try reader.variableOpaque(Self.allowedLength))
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(variableOpaque: self.bytes)
    }
}

/// A group's identifier: bytes that its creator chose (RFC 9420 §8.1, §11).
public struct GroupID: OpaqueValue {
    public let bytes: [UInt8]
    public init(bytes: [UInt8]) { self.bytes = bytes }
    public static let allowedLength = 0...MLSLimits.groupIDLength
}

/// A public key of HPKE in the form of its key encapsulation mechanism (RFC 9420 §5.1.1, RFC 9180 §4).
public struct HPKEPublicKey: OpaqueValue {
    public let bytes: [UInt8]
    public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// A public key that verifies signatures: Ed25519 as in RFC 8032, ECDSA as an uncompressed point (RFC 9420 §5.1.1).
public struct SignaturePublicKey: OpaqueValue {
    public let bytes: [UInt8]
    public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// The hash by which a welcome finds a key package (RFC 9420 §5.2).
public struct KeyPackageRef: OpaqueValue {
    public let bytes: [UInt8]
    public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// The hash by which a commit names a proposal (RFC 9420 §5.2).
public struct ProposalRef: OpaqueValue {
    public let bytes: [UInt8]
    public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// An authentication code: a confirmation tag or a membership tag (RFC 9420 §6.1). It is not secret.
public struct MACTag: OpaqueValue {
    public let bytes: [UInt8]
    public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// The number of a leaf, from the left, from 0 (RFC 9420 §4).
public struct LeafIndex: MLSStructure, RawRepresentable, Comparable, CustomStringConvertible {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// - Precondition: `index` comes from a tree in memory, and so is below ``MLSLimits/leaves``; never from the wire.
    package init(_ index: Int) { self.rawValue = UInt32(index) }
    package var value: Int { Int(rawValue) }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        self.init(rawValue: try reader.uint32())
    }

    public func write(into bytes: inout [UInt8]) { bytes.write(rawValue) }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "leaf \(rawValue)" }
}
