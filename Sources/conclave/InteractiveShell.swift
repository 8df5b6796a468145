import Chat
import ChatClient
import Foundation
import Glibc
import NIOCore
import Terminal

/// The chat on a terminal: what arrives is written above the line that is being typed.
final class InteractiveShell {
    private let runtime: ClientRuntime
    private let device = TerminalDevice()
    private let transcript: Transcript
    private var editor = LineEditor()
    private var keys = KeyParser()
    private var line = PromptLine(prompt: "> ", columns: 80)
    private var redraws: Signals.Subscription?
    private var isFirstConnection = true
    private var isOver = false
    /// Whom Tab may complete: users that were seen.
    private var users: Set<UserName> = []

    init(_ runtime: ClientRuntime) {
        self.runtime = runtime
        transcript = Transcript(hasColours: TerminalDevice.hasColours, me: runtime.options.identity.user)
    }

    func start() {
        device.enterRawMode()
        runtime.show = { [self] in show($0) }
        runtime.finishing = { [self] in stop() }
        let shell = NIOLoopBound(self, eventLoop: runtime.eventLoop)
        redraws = Signals.redraw { shell.eventLoop.execute { shell.value.redraw() } }
        Thread.detachNewThread {
            while let bytes = TerminalDevice.read() {
                shell.eventLoop.execute { shell.value.take(bytes) }
            }
            shell.eventLoop.execute { shell.value.runtime.change { $0.quit() } }
        }
        say([
            transcript.note(
                "conclave \(version) · connecting to \(runtime.options.host):\(runtime.options.port) as \(runtime.options.identity) · /help"
            )
        ])
    }

    private func stop() {
        guard !isOver else { return }
        isOver = true
        redraws?.cancel()
        device.write(PromptLine.erase)
        device.restore()
    }

    // MARK: Typing

    private func take(_ bytes: [UInt8]) {
        for key in keys.parse(bytes) where !isOver {
            switch editor.press(key) {
            case .edited: break
            case .submitted(let text): submit(text)
            case .completion: complete()
            case .interrupted:
                if editor.text.isEmpty { runtime.change { $0.quit() } } else { editor.clear() }
            case .ended: runtime.change { $0.quit() }
            case .redraw: device.write(PromptLine.clearScreen)
            case .suspend: suspend()
            }
        }
        draw()
    }

    private func submit(_ text: String) {
        do {
            guard let input = try UserInput(text) else { return }
            runtime.change { $0.perform(input) }
        } catch {
            say([transcript.warn("\(error)")])
        }
    }

    /// The one continuation of the word before the cursor; several are shown.
    private func complete() {
        let word = editor.wordBeforeCursor
        guard !word.isEmpty else { return }
        let words =
            UserInput.commands.map(\.name) + runtime.session.allRooms.map(\.description)
            + users.sorted().flatMap { [$0.description, "@\($0)"] }
        let fitting = words.filter { $0.hasPrefix(word) }
        switch fitting.count {
        case 0: break
        case 1: editor.complete(with: fitting[0])
        default: say([transcript.note(fitting.prefix(20).joined(separator: "  "))])
        }
    }

    private func suspend() {
        device.write(PromptLine.erase)
        device.restore()
        raise(SIGSTOP)
        device.enterRawMode()
    }

    // MARK: Showing

    private func show(_ event: ClientEvent) {
        switch event {
        case .connected(let greeting): greet(greeting.you, clock: greeting.time)
        case .message(let message): users.insert(message.sender.user)
        case .memberJoined(_, let member): users.insert(member.user)
        case .members(_, let members), .online(let members): users.formUnion(members.map(\.user))
        default: break
        }
        say(transcript.lines(for: event))
    }

    private func greet(_ you: PeerIdentity, clock: Timestamp) {
        let days = runtime.certificateDays.map { " · certificate good for \($0) days" } ?? ""
        var lines = [transcript.note("connected as \(you) · \(runtime.parameters)\(days)")]
        let ahead = (Date.now.timeIntervalSince1970 - Double(clock.milliseconds) / 1_000) / 60
        if abs(ahead) > 5 {
            let words =
                "this machine's clock is \(Int(abs(ahead))) min \(ahead > 0 ? "ahead of" : "behind") the server's"
            lines.append(transcript.warn("\(words); one of them is wrong (timedatectl)"))
        }
        if isFirstConnection {
            isFirstConnection = false
            lines.append(transcript.note(Transcript.honesty))
            if runtime.session.currentRoom == nil { lines.append(transcript.note("enter a room with /join #ROOM")) }
        }
        say(lines)
    }

    private func say(_ lines: [String]) {
        guard !lines.isEmpty, !isOver else { return }
        prepareLine()
        device.write(line.say(lines, above: editor))
    }

    private func draw() {
        guard !isOver else { return }
        prepareLine()
        device.write(line.draw(editor))
    }

    private func redraw() {
        guard !isOver else { return }
        device.enterRawMode()
        draw()
    }

    private func prepareLine() {
        line.columns = device.columns
        let room = runtime.session.currentRoom?.description ?? ""
        line.prompt = (runtime.session.isOnline ? room : "(offline) \(room)") + "> "
    }
}
