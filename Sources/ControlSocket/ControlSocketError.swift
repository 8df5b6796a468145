import Glibc

/// Why a socket of the firewall cannot be had, or an answer is not to be got, and what to do.
package enum ControlSocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Somebody listens there already; the process, if the kernel tells it.
    case inUse(path: String, process: Int32?)
    /// Something else is there, which is not deleted.
    case notASocket(path: String)
    case noFolder(path: String)
    /// `sun_path` holds 107 bytes and a zero.
    case badPath(String)
    case notPermitted(path: String)
    /// The socket is there and belongs to somebody else, or nobody answers on it.
    case notRunning(path: String)
    case noAnswer(path: String, seconds: Int)
    /// The daemon ended the connection.
    case cutOff(path: String)
    case lineTooLong(limit: Int)
    /// systemd handed over something else than a listening socket.
    case badActivation(String)
    case system(call: String, path: String, code: Int32)

    package var description: String {
        switch self {
        case .inUse(let path, let process):
            "\(path) is in use" + (process.map { " by process \($0)" } ?? "")
                + ": conclave-firewall runs already. Ask it: conclave-firewall status; end it: systemctl stop conclave-firewall"
        case .notASocket(let path):
            "\(path) is there and is not a socket. Look at it, and remove it if nobody needs it"
        case .noFolder(let path):
            "The folder of \(path) does not exist. Create it (mkdir -p), or start the service, which does: systemctl start conclave-firewall"
        case .badPath(let path):
            "\"\(path)\" cannot be the path of a socket: it needs 1 to 107 bytes without a zero. Choose a shorter one"
        case .notPermitted(let path):
            "Not permitted to use \(path). Run it as root: sudo …"
        case .notRunning(let path):
            "conclave-firewall does not run: nobody answers on \(path). Start it: sudo systemctl start conclave-firewall"
        case .noAnswer(let path, let seconds):
            "No answer on \(path) within \(seconds) s. Look at it: journalctl -u conclave-firewall"
        case .cutOff(let path):
            "conclave-firewall ended the connection on \(path) before it answered. Look why: journalctl -u conclave-firewall"
        case .lineTooLong(let limit):
            "A line has more than \(limit) bytes, which is too much"
        case .badActivation(let what):
            "systemd handed over \(what). Correct conclave-firewall.socket"
        case .system(let call, let path, let code):
            "\(path): \(call) failed: \(String(cString: strerror(code)))"
        }
    }
}
