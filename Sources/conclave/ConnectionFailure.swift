import Glibc
import NIOCore
import NIOPosix
import TLSTransport

/// Why no TCP connection came about, in words.
struct ConnectionFailure: CustomStringConvertible {
    let description: String
    let canRetry: Bool

    init(_ error: any Error, options: ClientOptions) {
        let server = "\(options.host):\(options.port)"
        if let error = error as? TLSConfigurationError {
            description = error.description
            canRetry = false
            return
        }
        canRetry = true
        guard let failure = error as? NIOConnectionError else {
            description = "\(server) cannot be reached: \(Self.words(error))"
            return
        }
        if failure.connectionErrors.isEmpty, failure.dnsAError != nil || failure.dnsAAAAError != nil {
            description = "there is no host of the name \(options.host); check --server"
        } else {
            let reasons = failure.connectionErrors.map { Self.words($0.error) }
            description = "\(server) cannot be reached: \(reasons.first ?? "nobody answers")"
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            "nothing listens on that port (is the server running?)"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout: "nobody answers (is a firewall in between?)"
        default: "\(error)"
        }
    }
}
