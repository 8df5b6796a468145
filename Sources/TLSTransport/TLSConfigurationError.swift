/// Why TLS cannot be set up from the files at hand. Each says what to do.
package enum TLSConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(file: String, remedy: String)
    case unreadable(file: String, reason: String)
    case malformed(file: String, what: String)
    /// The key can be read by others than its owner.
    case exposedKey(file: String, mode: String)
    case keyMismatch(certificate: String, key: String)
    /// Our own certificate would not be accepted by the other side.
    case unacceptable(file: String, reason: String)
    /// The revocation list is out of date: a server would refuse everyone.
    case staleRevocationList(file: String, reason: String)
    case badServerName(String)
    case keyLog(file: String, reason: String)
    case library(String)
    case outOfMemory

    package var description: String {
        switch self {
        case .missing(let file, let remedy): "\(file) is missing; \(remedy)"
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
        case .malformed(let file, let what): "\(file) holds no valid \(what) in PEM; make it again with scripts/certs"
        case .exposedKey(let file, let mode):
            "\(file) can be read by others (mode \(mode)); run: chmod 600 \(file)"
        case .keyMismatch(let certificate, let key):
            "\(key) is not the key of \(certificate); make both again with scripts/certs"
        case .unacceptable(_, let reason): reason
        case .staleRevocationList(_, let reason): reason
        case .badServerName(let name): "\(name) is no host name or address"
        case .keyLog(let file, let reason): "the key log \(file) cannot be written: \(reason)"
        case .library(let what): "libssl refused the set-up: \(what)"
        case .outOfMemory: "there is not enough memory for TLS"
        }
    }

    /// Whether a file is missing, rather than wrong.
    package var isMissingFile: Bool {
        if case .missing = self { true } else { false }
    }

    /// What a program ends with for it, in the sense of `sysexits.h`.
    package var exitStatus: Int32 {
        switch self {
        case .missing: 66
        case .exposedKey, .unreadable: 77
        default: 78
        }
    }
}
