import ArgumentParser
import Glibc
import PacketCapture

/// Runs the command. Whatever keeps it from running ends with status 3: 1 and 2 are verdicts.
@main
enum Main {
    static func main() {
        var command: any ParsableCommand
        do {
            command = try TLSMonCommand.parseAsRoot()
        } catch {
            let code = TLSMonCommand.exitCode(for: error)
            if code == .success { TLSMonCommand.exit(withError: error) }
            Output.write(TLSMonCommand.fullMessage(for: error) + "\n", to: STDERR_FILENO)
            exit(3)
        }
        do {
            try command.run()
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch let error as CaptureError {
            complain(error.description)
            exit(3)
        } catch let error as ValidationError {
            // What only the run could see: how the command is used does not help.
            complain(error.message)
            exit(3)
        } catch {
            let code = TLSMonCommand.exitCode(for: error)
            if code == .success { TLSMonCommand.exit(withError: error) }
            Output.write(TLSMonCommand.fullMessage(for: error) + "\n", to: STDERR_FILENO)
            exit(3)
        }
    }
}

/// A line on standard error.
func complain(_ words: String) {
    Output.write("tlsmon: \(words)\n", to: STDERR_FILENO)
}
