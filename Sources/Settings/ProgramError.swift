/// Why a program ends: a line for whoever started it, and the exit status in the sense of `sysexits.h`.
///
/// A service manager need not start it again after 64, 66, 77 and 78.
package struct ProgramError: Error, Hashable, Sendable, CustomStringConvertible {
    package let status: Int32
    package let description: String

    package init(status: Int32, _ description: String) {
        self.status = status
        self.description = description
    }

    package static func usage(_ words: String) -> ProgramError { ProgramError(status: 64, words) }
    package static func missingFile(_ words: String) -> ProgramError { ProgramError(status: 66, words) }
    package static func unavailable(_ words: String) -> ProgramError { ProgramError(status: 69, words) }
    package static func permission(_ words: String) -> ProgramError { ProgramError(status: 77, words) }
    package static func configuration(_ words: String) -> ProgramError { ProgramError(status: 78, words) }

    package init(_ error: SettingsError) {
        switch error.kind {
        case .usage: self = .usage(error.description)
        case .missingFile: self = .missingFile(error.description)
        case .configuration: self = .configuration(error.description)
        }
    }
}
