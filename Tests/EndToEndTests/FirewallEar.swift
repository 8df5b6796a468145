import ControlSocket
import Firewall
import Foundation
import Glibc
import Synchronization
import Testing

/// The firewall's side of a socket: takes what is reported, and says yes.
final class FirewallEar: Sendable {
    private struct State {
        var requests: [ControlRequest] = []
        var unread: [String] = []
        var isStopped = false
        var hasEnded = false
    }

    let path: String
    private let state: Mutex<State>

    init(_ role: ControlRole, in scratch: Scratch) throws {
        path = scratch.path + "/" + role.fileName
        state = Mutex(State())
        let listener = try ControlListener(path: path, role: role)
        let box = Job(listener)
        Thread.detachNewThread { [self] in serve(box.take()) }
    }

    /// Hands a value to a thread once.
    private final class Job: @unchecked Sendable {
        // `@unchecked Sendable`: whoever made it lets go of it before the thread starts.
        private var listener: ControlListener?

        init(_ listener: ControlListener) { self.listener = listener }

        func take() -> ControlListener? {
            defer { listener = nil }
            return listener
        }
    }

    var reports: [Report] {
        state.withLock { state in
            state.requests.compactMap { request in
                guard case .report(let report) = request else { return nil }
                return report
            }
        }
    }

    /// From where somebody authenticated.
    var authenticated: [String] {
        state.withLock { state in
            state.requests.flatMap { request in
                guard case .authenticated(let addresses) = request else { return [String]() }
                return addresses.map { "\($0)" }
            }
        }
    }

    /// Lines that were no request.
    var unread: [String] { state.withLock { $0.unread } }

    /// The report that comes after so many others.
    func report(_ index: Int = 0) async throws -> Report {
        try await eventually("report \(index)") {
            let reports = reports
            return index < reports.count ? reports[index] : nil
        }
    }

    func stop() async throws {
        state.withLock { $0.isStopped = true }
        try await eventually("the end of the ear") { state.withLock { $0.hasEnded } ? true : nil }
    }

    private func serve(_ listener: ControlListener?) {
        listen(listener.map { [$0] } ?? [])
        state.withLock { $0.hasEnded = true }
    }

    private func listen(_ listeners: [ControlListener]) {
        let server = ControlServer(listeners)
        while !state.withLock({ $0.isStopped }) {
            var entries = server.entries()
            poll(&entries, nfds_t(entries.count), 10)
            for (peer, line) in server.serve(entries, SteadyClock.milliseconds()) {
                let request = try? ControlRequest(parsing: line)
                state.withLock { state in
                    if let request {
                        state.requests.append(request)
                    } else {
                        state.unread.append(String(decoding: line, as: UTF8.self))
                    }
                }
                peer.send(ControlAnswer.done("counted").line, SteadyClock.milliseconds())
            }
        }
    }
}
