import Foundation
import Synchronization
import Testing

/// What makes a server's work with its files fail: a small library in C that is loaded before the C library, and orders for it.
struct Faults: Sendable {
    enum Order: CustomStringConvertible, Sendable {
        /// The server is killed before this operation.
        case kill(Int)
        /// Of what this operation would write, half is written; then the server is killed.
        case tear(Int)
        /// This flush and all that follow fail.
        case fail(Int)
        /// Nothing but ``Faults/operations`` being written.
        case count

        var description: String {
            switch self {
            case .kill(let number): "kill \(number)"
            case .tear(let number): "tear \(number)"
            case .fail(let number): "fail \(number)"
            case .count: "count 0"
            }
        }
    }

    /// What is wrong with the disk, or with SQLite, all the time.
    enum Flaw: String, Sendable {
        case ignoresFlushes = "FAULTS_IGNORE"
        case synchronousNormal = "FAULTS_NORMAL"
    }

    private let scratch: Scratch
    private let orders: String
    private let trace: String
    let environment: [String: String]

    /// - Parameters:
    ///   - folder: whose files are meant.
    ///   - file: only operations on the file of this name count.
    init(in folder: String, file: String? = nil, flaw: Flaw? = nil) async throws {
        scratch = try Scratch()
        orders = scratch.path + "/orders"
        trace = scratch.path + "/operations"
        var environment = [
            "LD_PRELOAD": try await Self.library.value.path + "/faults.so", "FAULTS_FOLDER": folder,
            "FAULTS_ORDERS": orders, "FAULTS_TRACE": trace,
        ]
        environment["FAULTS_FILE"] = file
        if let flaw { environment[flaw.rawValue] = "1" }
        self.environment = environment
    }

    /// From now on operations count.
    func order(_ order: Order) throws {
        // One name for a whole file: half an order is none.
        try scratch.write("\(order)\n", to: orders + ".new")
        try #require(rename(orders + ".new", orders) == 0)
    }

    /// What was done since the order: `pwrite conclave.db-wal 4096`.
    var operations: [String] {
        let text = (try? String(contentsOfFile: trace, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    private static let compiler = ["cc", "clang", "gcc"].first(where: Installation.has)
    /// Whether the library can be made; in CI it must.
    static let areThere = Installation.isCI || compiler != nil
    static let comment: Comment = "there is no C compiler; install clang or gcc"

    private static let library = Task {
        let scratch = try Scratch()
        let source = Installation.package + "/Tests/CrashTests/Preload/faults.c"
        let output = scratch.path + "/faults.so"
        try await shell([compiler ?? "cc", "-O2", "-shared", "-fPIC", "-o", output, source, "-ldl"], in: scratch)
        libraryFolder.withLock { $0 = scratch.path }
        // It lives as long as the tests do, and nothing else would remove it.
        atexit {
            if let path = Faults.libraryFolder.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
        }
        return scratch
    }

    private static let libraryFolder = Mutex<String?>(nil)
}
