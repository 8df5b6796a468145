import Glibc

/// Lines for people and programs.
enum Output {
    static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// A line on standard error.
    static func complain(_ words: String) { write("conclave-feeds: \(words)\n", to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
