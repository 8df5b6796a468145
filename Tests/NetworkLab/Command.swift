import Glibc

/// A short program of the system that is waited for on the present thread, such as `ip`.
enum Command {
    static func check(_ words: [String], input: String = "") throws(LabError) {
        _ = try output(words, input: input)
    }

    /// What it prints.
    static func output(_ words: [String], input: String = "") throws(LabError) -> String {
        let result = try run(words, input: input)
        guard result.status == 0 else {
            throw LabError("\(words.joined(separator: " ")) ended with status \(result.status): \(result.errors)")
        }
        return result.output
    }

    static func run(_ words: [String], input: String = "", environment: [String: String] = [:]) throws(LabError)
        -> LabResult
    {
        let files = try SpawnFiles()
        defer { files.remove() }
        try files.writeInput(input)
        let process = try spawn(words, files: files, environment: environment)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return LabResult(status: exitStatus(status), output: files.output, errors: files.errors)
    }
}

/// How a program ended.
package struct LabResult: Sendable {
    /// Its exit status; 128 and the signal's number after a signal.
    package var status: Int32
    package var output: String
    package var errors: String
}

/// The status of a process, as waitpid(2) gives it: its signal, or its exit status above.
func exitStatus(_ status: Int32) -> Int32 {
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
}

/// The three files of a program that starts.
struct SpawnFiles: Sendable {
    let folder: String

    init() throws(LabError) {
        var template = Array("/tmp/conclave-lab-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LabError(errno: errno, "no temporary folder") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try writeInput("")
    }

    var inputPath: String { folder + "/in" }
    var outputPath: String { folder + "/out" }
    var errorPath: String { folder + "/err" }
    var output: String { readFile(outputPath) }
    var errors: String { readFile(errorPath) }

    func writeInput(_ text: String) throws(LabError) { try writeFile(text, to: inputPath) }

    func remove() {
        for path in [inputPath, outputPath, errorPath] { unlink(path) }
        rmdir(folder)
    }
}

func readFile(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&block, 1, block.count, file)
        if count == 0 { break }
        bytes += block[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

func writeFile(_ text: String, to path: String) throws(LabError) {
    guard let file = fopen(path, "w") else { throw LabError(errno: errno, "\(path) cannot be written") }
    let bytes = Array(text.utf8)
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw LabError(errno: errno, "\(path) cannot be written") }
}

/// Starts a program. `posix_spawn`, because Foundation's `Process` crashes when the test's own process has over a thousand files open.
func spawn(_ words: [String], files: SpawnFiles, environment: [String: String] = [:]) throws(LabError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, files.inputPath, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, files.outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, files.errorPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let words = environment.isEmpty ? words : ["env"] + environment.map { "\($0)=\($1)" } + words
    var arguments = words.map { strdup($0) } + [nil]
    defer { for text in arguments { free(text) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, words[0], &actions, &attributes, &arguments, environ)
    guard code == 0 else { throw LabError(errno: code, "\(words.joined(separator: " ")) cannot be started") }
    return process
}
