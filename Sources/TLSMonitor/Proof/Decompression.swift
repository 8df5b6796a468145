/// How something is compressed; inside is DEFLATE (RFC 1951).
package enum CompressedFormat: String, Hashable, Sendable, CaseIterable {
    /// RFC 1952.
    case gzip
    /// RFC 1950.
    case zlib
}

/// A library that undoes compression. The monitor has none of its own.
package protocol Decompression: Sendable {
    /// Something compressed begins; nil if there is no memory for it.
    func begin(_ format: CompressedFormat) -> (any Decompressor)?
    /// To try the search on: `bytes`, compressed.
    func compress(_ bytes: [UInt8], _ format: CompressedFormat) -> [UInt8]?
}

/// Undoes the compression of one stream, piece by piece.
package protocol Decompressor: AnyObject {
    /// - Parameters:
    ///   - bytes: what comes next, the header first.
    ///   - output: gets what it gives, piece by piece; it returns whether it wants more.
    func feed(_ bytes: UnsafeRawBufferPointer, _ output: (UnsafeRawBufferPointer) -> Bool) -> DecompressionState
}

package enum DecompressionState: Hashable, Sendable {
    /// There is more to come.
    case open
    case ended
    /// It is not what its first bytes promised.
    case failed
}
