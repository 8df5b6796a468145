import Firewall
import Glibc
import NFTables
import Settings

extension ProgramError {
    init(_ error: NFTablesError) {
        self = error.code == EPERM ? .permission("\(error)") : .unavailable("\(error)")
    }
}

extension ControlFailure {
    init(_ error: ProgramError) {
        self.init(Status(rawValue: Int(error.status)) ?? .runtime, error.description)
    }

    init(_ error: NFTablesError) { self.init(ProgramError(error)) }
    init(_ error: PolicyError) { self.init(.configuration, "\(error)") }
}

extension Ban {
    /// Its addresses.
    var words: String { targets.map(\.description).joined(separator: ", ") }
}
