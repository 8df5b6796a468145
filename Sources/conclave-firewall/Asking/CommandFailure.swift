import ControlSocket
import Firewall
import FirewallViews
import Glibc
import NFTables
import Settings
import Terminal

/// Why a command ends without having done its work, for people or for programs.
struct CommandFailure: Error {
    var failure: ControlFailure
    /// It goes to standard output as JSON.
    var isJSON: Bool

    var status: Int32 { Int32(failure.status.rawValue) }

    func show() {
        if isJSON {
            _ = TerminalDevice.write(failure.line + "\n", to: STDOUT_FILENO)
        } else {
            let lines = Screen.errorStyle.lines(failure)
            _ = TerminalDevice.write(lines.map { $0 + "\n" }.joined(), to: STDERR_FILENO)
        }
    }
}

extension ControlFailure {
    init(_ error: ControlSocketError) {
        let status: Status =
            switch error {
            case .notPermitted: .permission
            case .notRunning, .noAnswer, .cutOff, .inUse, .noFolder: .unavailable
            case .badPath: .usage
            case .notASocket, .lineTooLong, .badActivation, .system: .runtime
            }
        self.init(status, Self.words(error))
    }

    /// Who speaks is said already, so that the daemon is called that.
    private static func words(_ error: ControlSocketError) -> String {
        let name = "conclave-firewall "
        let words = "\(error)"
        return words.hasPrefix(name) ? "The daemon " + words.dropFirst(name.count) : words
    }
}

/// Does what a command is for; whatever goes wrong becomes a ``CommandFailure``.
func explaining(json: Bool, _ body: () throws -> Void) throws {
    do {
        try body()
    } catch let failure as ControlFailure {
        throw CommandFailure(failure: failure, isJSON: json)
    } catch let error as ControlSocketError {
        throw CommandFailure(failure: ControlFailure(error), isJSON: json)
    } catch let error as ProgramError {
        throw CommandFailure(failure: ControlFailure(error), isJSON: json)
    } catch let error as NFTablesError {
        throw CommandFailure(failure: ControlFailure(error), isJSON: json)
    } catch let error as PolicyError {
        throw CommandFailure(failure: ControlFailure(error), isJSON: json)
    }
}
