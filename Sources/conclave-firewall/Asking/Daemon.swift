import ControlSocket
import Firewall

/// The daemon, as commands ask it.
struct Daemon {
    var path: String

    /// - Throws: ``ControlFailure``, the daemon's; ``ControlSocketError``.
    func ask(_ request: ControlRequest) throws -> ControlAnswer {
        try Self.read(try ControlClient(path).ask(request.line, seconds: 60))
    }

    /// Asks, and hands over answers for as long as they come.
    func follow(_ request: ControlRequest, _ body: (ControlAnswer) -> Void) throws {
        let client = try ControlClient(path)
        try client.send(request.line)
        while let line = try client.next() { body(try Self.read(line)) }
        throw ControlFailure(.unavailable, "The daemon was stopped. Look why: journalctl -u conclave-firewall")
    }

    private static func read(_ line: String) throws(ControlFailure) -> ControlAnswer {
        let answer: ControlAnswer
        do throws(ControlFailure) {
            answer = try ControlAnswer(parsing: line.utf8)
        } catch {
            throw ControlFailure(
                .runtime,
                "The daemon's answer is not understood (\(error.message)). It and this program are of different versions?"
            )
        }
        if case .failure(let failure) = answer { throw failure }
        return answer
    }
}
