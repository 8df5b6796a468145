import ChatClient
import Foundation
import SQLiteStore

/// A server and clients: the programs as people run them, with stores on the disk, all on this machine.
final class Stage {
    let programs: String
    let certificates: String
    let folder: String
    let port: Int
    private(set) var server: Program
    private var running: [Program] = []

    /// Starts a server.
    /// - Parameters:
    ///   - certificates: a folder of `scripts/certs`.
    ///   - parent: a folder for what programs write.
    init(certificates: String, folder parent: String) throws {
        let own = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
        programs = own
        self.certificates = certificates
        folder = parent + "/stage-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        port = 20_000 + Int.random(in: 0..<12_000)
        server = try Program(
            own + "/conclave-server",
            [
                "--certs", certificates, "--data", folder + "/server", "--listen", "127.0.0.1", "--port", "\(port)",
                "--loops",
                "1", "--handshake-threads", "1",
            ] + Self.limits, name: "conclave-server")
        do { try server.await("mutual TLS", seconds: 10) } catch {
            server.kill(SIGKILL)
            throw error
        }
    }

    /// One client stands for many here: what a user may ask for must not be what is measured.
    private static let limits =
        ["message", "request", "page", "join", "claim", "list", "byte"].flatMap {
            ["--limit", "\($0)-burst=1000000000", "--limit", "\($0)s-per-second=1000000000"]
        }

    /// Ends all, and removes what they have written.
    func close() {
        for program in running { program.kill(SIGKILL) }
        server.kill(SIGKILL)
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func connection(_ user: String) -> [String] {
        ["--as", user, "--certs", certificates, "--server", "127.0.0.1:\(port)", "--store", store(of: user)]
    }

    func store(of user: String) -> String { folder + "/" + user }

    /// Bytes of a client's store.
    func storeSize(of user: String) -> Double {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: store(of: user))) ?? []
        return files.reduce(0) { sum, file in
            let size = try? FileManager.default.attributesOfItem(atPath: store(of: user) + "/" + file)[.size] as? Int
            return sum + Double(size ?? 0)
        }
    }

    /// A client that takes lines and tells what happens in lines.
    func chat(_ user: String) throws -> Program { try start(user, ["chat"] + connection(user)) }
    /// A client that tells what happens in JSON.
    /// - Parameter first: the number of the first message that it is to show.
    func listener(_ user: String, expecting first: Int = 0) throws -> Program {
        try start(user, ["tail", "--json"] + connection(user), expecting: first)
    }

    private func start(_ user: String, _ arguments: [String], expecting first: Int = 0) throws -> Program {
        let program = try Program(
            programs + "/conclave", arguments, name: user, environment: ["HOME": folder], expecting: first)
        running.append(program)
        return program
    }

    func finish(_ program: Program, signal: Int32 = SIGTERM) {
        running.removeAll { $0 === program }
        program.kill(signal)
    }

    /// Alice has founded a room by invitation, and bob is in it.
    func pair() throws -> (alice: Program, bob: Program) {
        let bob = try listener("bob")
        try bob.await("store", seconds: 10)
        let alice = try chat("alice")
        try alice.await("connected", seconds: 10)
        // Bob's key packages are there shortly after his connection.
        Thread.sleep(forTimeInterval: 1)
        alice.write("/create #lab")
        try alice.await("you are in #lab", seconds: 10)
        alice.write("/invite bob")
        try bob.await("opened", seconds: 10)
        return (alice, bob)
    }

    /// Counts what a client that has ended has in its store, once each and in order.
    func requireHistory(of user: String, count: Int) throws {
        let store = try SQLiteRecordStore.open(folder: store(of: user), unlock: .keyFile)
        defer { try? store.close() }
        var next = 0
        for record in try store.records(in: .messages) {
            let bytes = record.value.withUnsafeBytes { Array($0) }
            guard case .body(.text(let text)) = try StoredMessage(bytes: bytes).content else { continue }
            guard text.description.hasPrefix("no.\(next).") else {
                throw BenchError("\(user) has \"\(text.description.prefix(12))\" where message \(next) should be")
            }
            next += 1
        }
        guard next == count else { throw BenchError("\(user) has \(next) of \(count) messages") }
    }
}
