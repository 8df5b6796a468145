import ControlSocket
import Firewall
import Foundation
import NetworkLab
import Synchronization
import Testing

/// The real daemon, `conclave-firewall run`, on a host of a ``NetworkLab``, with folders of its own.
final class RunningFirewall: Sendable {
    let host: LabHost
    let folder: String
    private let daemon = Mutex<LabProgram?>(nil)

    /// The folder of the built programs, beside the tests.
    static let programs: String = {
        let bundle = ProcessInfo.processInfo.arguments.first { $0.hasSuffix(".xctest") } ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().path
    }()
    static let program = programs + "/conclave-firewall"

    var policyPath: String { folder + "/policy.json" }
    var statePath: String { folder + "/state" }
    var runPath: String { folder + "/run" }

    /// Makes the folders; `start` starts it.
    init(on host: LabHost, policy: Policy) throws {
        self.host = host
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("conclave-\(UUID().uuidString)").path
        for path in [folder, statePath, runPath, statePath + "/feeds"] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
        try write(policy)
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// With a policy in force.
    static func start(on host: LabHost, _ policy: Policy) async throws -> RunningFirewall {
        let firewall = try RunningFirewall(on: host, policy: policy)
        try await firewall.start()
        return firewall
    }

    // MARK: The daemon

    /// - Parameter wrapper: words before the program's, such as `faketime -f +1d`.
    func start(wrapper: [String] = [], environment: [String: String] = [:]) async throws {
        let program = try host.start(
            wrapper + [
                Self.program, "run", "--policy", policyPath, "--state", statePath, "--run-dir", runPath,
            ], environment: environment)
        daemon.withLock { $0 = program }
        try await awaitAnswer()
    }

    /// Until it answers. It does not before its rules are in force.
    func awaitAnswer() async throws {
        let program = daemon.withLock { $0 }
        do {
            try await eventually("the daemon's answer") {
                guard program?.isRunning == true else { throw LabError("it ended") }
                return try? ask(.status)
            }
        } catch {
            throw LabError("the daemon does not answer: \(error): \(program?.errors ?? "")")
        }
    }

    var isRunning: Bool { daemon.withLock { $0?.isRunning ?? false } }
    var identifier: Int32 { daemon.withLock { $0?.identifier ?? -1 } }
    /// What it wrote to standard error.
    var words: String { daemon.withLock { $0?.errors ?? "" } }

    /// As a crash does: no chance to clear up.
    func kill() {
        daemon.withLock { daemon in
            daemon?.end()
            daemon = nil
        }
    }

    /// As systemd does.
    func stop() async throws -> Int32 {
        guard let program = daemon.withLock({ $0 }) else { return -1 }
        program.signal(SIGTERM)
        return try await program.status()
    }

    func signal(_ number: Int32) { daemon.withLock { $0?.signal(number) } }

    // MARK: What is asked of it

    @discardableResult
    func ask(_ request: ControlRequest, as role: ControlRole = .admin) throws -> ControlAnswer {
        let client = try ControlClient("\(runPath)/\(role.fileName)")
        return try ControlAnswer(parsing: client.ask(request.json.compact).utf8)
    }

    /// A whole policy; without a trial unless one is asked for.
    @discardableResult
    func apply(_ policy: Policy, trial: Trial = .none, isForced: Bool = true) throws -> ControlAnswer {
        try ask(.apply(text: policy.json, PolicyChange(trial: trial, isForced: isForced)))
    }

    /// The program's commands, as people type them.
    func command(_ words: String..., environment: [String: String] = [:]) async throws -> LabResult {
        try await host.run(
            [Self.program] + words + ["--socket", "\(runPath)/control.sock"], environment: environment)
    }

    func write(_ policy: Policy) throws {
        try policy.json.write(toFile: policyPath, atomically: true, encoding: .utf8)
    }

    // MARK: What is in the kernel, as nft sees it

    func nft(_ words: String...) async throws -> LabResult { try await host.run(["nft"] + words) }

    func hasTable() async throws -> Bool { try await nft("list", "table", "inet", "conclave").status == 0 }

    /// A counter's packets.
    func packets(_ counter: String) async throws -> Int {
        let text = try await nft("list", "counter", "inet", "conclave", counter).output
        guard let match = text.firstMatch(of: /packets (\d+)/), let count = Int(match.1) else {
            throw LabError("there is no counter \(counter): \(text)")
        }
        return count
    }
}

extension ControlAnswer {
    /// Whether it was done.
    var isDone: Bool {
        if case .failure = self { false } else { true }
    }

    var failure: ControlFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }

    var status: StatusAnswer? {
        if case .status(let status) = self { status } else { nil }
    }
}
