/// The rule that user and device names share: 1 to 32 of the lower-case ASCII letters, digits and `. _ -`,
/// not starting with `.` or `-`. Such a name is safe in a certificate, a path, a log line and a command.
enum NamePart {
    static let lengths = 1...32

    static func isValid(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard lengths.contains(bytes.count), let first = bytes.first, first != dot, first != dash else { return false }
        return bytes.allSatisfy(isAllowed)
    }

    private static let dot = UInt8(ascii: ".")
    private static let dash = UInt8(ascii: "-")

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case dot, dash, UInt8(ascii: "_"): true
        default: false
        }
    }
}
