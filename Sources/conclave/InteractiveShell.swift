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
    private var area = PromptArea(PromptLine(prompt: "> ", columns: 80))
    private var status: StatusLine
    private var redraws: Signals.Subscription?
    private var isFirstConnection = true
    private var isOver = false
    /// Whom Tab may complete: users that were seen.
    private var users: Set<UserName> = []

    init(_ runtime: ClientRuntime) {
        self.runtime = runtime
        transcript = Transcript(
            hasColours: TerminalDevice.hasColours, me: runtime.options.identity,
            lookUp: { [unowned runtime] in runtime.session.rooms[$0]?.stored(at: $1) })
        status = StatusLine(me: runtime.options.identity)
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
        showHistory()
        refresh()
    }

    /// What this device has of the room that text goes to.
    private func showHistory() {
        guard let room = runtime.session.currentRoom, let messages = try? room.history(limit: 20), !messages.isEmpty
        else { return }
        say(transcript.lines(for: .history(room.label, messages)))
    }

    /// What the status says changes with time too.
    private func refresh() {
        runtime.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in
            guard let self, !isOver else { return }
            if area.status != statusText { draw() }
            refresh()
        }
    }

    private var statusText: String {
        status.text(runtime.session, days: runtime.certificateDays, now: steadyMilliseconds())
    }

    private func stop() {
        guard !isOver else { return }
        isOver = true
        redraws?.cancel()
        device.write(area.erase())
        device.restore()
    }

    // MARK: Typing

    private func take(_ bytes: [UInt8]) {
        for key in keys.parse(bytes) where !isOver {
            switch editor.press(key) {
            case .edited: announceTyping()
            case .submitted(let text): submit(text)
            case .completion: complete()
            case .interrupted:
                if editor.text.isEmpty { runtime.perform(.quit) } else { editor.clear() }
            case .ended: runtime.perform(.quit)
            case .redraw: device.write(area.clearScreen())
            case .suspend: suspend()
            }
        }
        draw()
    }

    private func submit(_ text: String) {
        do {
            guard let input = try UserInput(text) else { return }
            runtime.perform(input)
            // It may be another room now.
            runtime.change { $0.currentRoom?.markRead() }
        } catch {
            say([transcript.warn("\(error)")])
        }
    }

    /// Others see that somebody types, unless it is a command.
    private func announceTyping() {
        guard let first = editor.text.first, first != "/" else { return }
        runtime.change { $0.currentRoom?.typing() }
    }

    /// The one continuation of the word before the cursor; several are shown.
    private func complete() {
        let word = editor.wordBeforeCursor
        guard !word.isEmpty else { return }
        let words =
            UserCommand.allCases.map(\.name) + runtime.session.summaries.map { SafeText.line($0.label.title) }
            + users.sorted().flatMap { [$0.description, "@\($0)"] }
        let fitting = words.filter { $0.hasPrefix(word) }
        switch fitting.count {
        case 0: break
        case 1: editor.complete(with: fitting[0])
        default: say([transcript.note(fitting.prefix(20).joined(separator: "  "))])
        }
    }

    private func suspend() {
        device.write(area.erase())
        device.restore()
        raise(SIGSTOP)
        device.enterRawMode()
    }

    // MARK: Showing

    private func show(_ event: ClientEvent) {
        status.note(event, now: steadyMilliseconds())
        switch event {
        case .connected(let greeting): greet(greeting.you, clock: greeting.time)
        case .message(let room, let message):
            users.insert(message.sender.user)
            // Whoever has the room before them sees it.
            if runtime.session.currentRoom?.id == room.id { runtime.change { $0.currentRoom?.markRead() } }
        case .members(_, let members): users.formUnion(members.map(\.identity.user))
        case .online(let members): users.formUnion(members.map(\.user))
        default: break
        }
        let lines = transcript.lines(for: event)
        if lines.isEmpty { draw() } else { say(lines) }
    }

    private func greet(_ you: PeerIdentity, clock: Timestamp) {
        let days = runtime.certificateDays.map { " · certificate good for \($0) days" } ?? ""
        var lines = [transcript.note("connected as \(you)\(days) · \(runtime.protection)")]
        let ahead = (Date.now.timeIntervalSince1970 - Double(clock.milliseconds) / 1_000) / 60
        if abs(ahead) > 5 {
            let words =
                "this machine's clock is \(Int(abs(ahead))) min \(ahead > 0 ? "ahead of" : "behind") the server's"
            lines.append(transcript.warn("\(words); one of them is wrong (timedatectl)"))
        }
        if isFirstConnection {
            isFirstConnection = false
            if runtime.session.currentRoom == nil { lines.append(transcript.note("enter a room with /join #ROOM")) }
        }
        say(lines)
    }

    private func say(_ lines: [String]) {
        guard !lines.isEmpty, !isOver else { return }
        prepareLine()
        device.write(area.say(lines, above: editor))
    }

    private func draw() {
        guard !isOver else { return }
        prepareLine()
        device.write(area.draw(editor))
    }

    private func redraw() {
        guard !isOver else { return }
        device.enterRawMode()
        draw()
    }

    private func prepareLine() {
        area.line.columns = device.columns
        let room = runtime.session.currentRoom.map { SafeText.line($0.title) } ?? ""
        area.line.prompt = (runtime.session.isOnline ? room : "(offline) \(room)") + "> "
        area.status = statusText
    }
}
