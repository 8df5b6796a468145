import ChatClient
import Foundation
import Glibc
import NIOCore
import Terminal

/// The chat without a terminal: a line in is a message or a command, a line out is an event.
final class PlainShell {
    private let runtime: ClientRuntime
    private let transcript: Transcript
    private var waiting: [String] = []
    private var isAtEnd = false
    private var wasOnline = false

    init(_ runtime: ClientRuntime) {
        self.runtime = runtime
        transcript = Transcript(
            hasColours: false, me: runtime.options.identity,
            lookUp: { [unowned runtime] in runtime.session.rooms[$0]?.stored(at: $1) })
    }

    func start() {
        runtime.show = { [self] in show($0) }
        let shell = NIOLoopBound(self, eventLoop: runtime.eventLoop)
        Thread.detachNewThread {
            while let line = readLine() {
                shell.eventLoop.execute { shell.value.take(line) }
            }
            shell.eventLoop.execute { shell.value.end() }
        }
    }

    /// Lines wait until there is a connection: a script need not know when that is.
    private func take(_ line: String) {
        guard runtime.session.isOnline, waiting.isEmpty else { return waiting.append(line) }
        perform(line)
    }

    private func perform(_ line: String) {
        do {
            guard let input = try UserInput(line) else { return }
            runtime.perform(input)
        } catch {
            complain("\(error)")
        }
    }

    private func end() {
        isAtEnd = true
        if wasOnline, waiting.isEmpty { runtime.finish() }
    }

    private func show(_ event: ClientEvent) {
        if case .connected(let greeting) = event {
            wasOnline = true
            complain(
                "connected to \(runtime.options.host):\(runtime.options.port) as \(greeting.you) · \(runtime.protection)"
            )
            // After the session has asked for its rooms.
            runtime.eventLoop.assumeIsolated().execute { self.takeWaiting() }
            return
        }
        for line in transcript.diagnostics(for: event) { complain(line) }
        guard !Transcript.isDiagnostic(event) else { return }
        for line in transcript.lines(for: event) {
            if !TerminalDevice.write(line + "\n", to: STDOUT_FILENO) {
                runtime.change { $0.quit() }
            }
        }
    }

    private func takeWaiting() {
        let lines = waiting
        waiting = []
        for line in lines { take(line) }
        if isAtEnd { end() }
    }
}
