/// Text in the audit log that somebody else may have chosen: it must neither end a line nor change the direction of one.
enum AuditText {
    /// At most `limit` bytes, whole characters; what is not printable is `?`.
    static func clean(_ text: String, limit: Int) -> String {
        var bytes = 0
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let printable = isPrintable(scalar) ? scalar : "?"
            bytes += UTF8.width(printable)
            guard bytes <= limit else { break }
            result.append(printable)
        }
        return String(result)
    }

    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
