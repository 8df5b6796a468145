/// A name as the kernel and our own words allow it: 1 to 31 bytes of `a-z`, `0-9`, `_`.
struct KernelName {
    let text: String

    init(_ text: String) throws(NotExpressible) {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard isPlain, (1...31).contains(text.utf8.count) else {
            throw NotExpressible("the name \"\(text.prefix(40))\" is not 1 to 31 of a-z, 0-9, _")
        }
        self.text = text
    }
}

/// Why something cannot be told to the kernel.
struct NotExpressible: Error {
    var why: String

    init(_ why: String) { self.why = why }
}

/// Flags of tables (`enum nft_table_flags`); the headers of older kernels lack the second.
enum TableFlags {
    static let owner = UInt32(2)
    static let persist = UInt32(4)
    /// Only the socket that made the table may change it (5.12), and it outlives that socket (6.9).
    static let protected = owner | persist
}
