import COpenSSL

/// The first entry of libssl's error queue: where the trouble began.
struct TLSLibraryError: Hashable, Sendable, CustomStringConvertible {
    /// `ERR_LIB_…`
    var library: Int32
    /// `SSL_R_…` and the like.
    var reason: Int32
    var description: String

    /// The first error of this thread's queue, which is then empty; `nil` if it was.
    static func takeFirst() -> TLSLibraryError? {
        let code = ERR_get_error()
        guard code != 0 else { return nil }
        ERR_clear_error()
        let words = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
        return TLSLibraryError(library: ERR_GET_LIB(code), reason: ERR_GET_REASON(code), description: words)
    }
}
