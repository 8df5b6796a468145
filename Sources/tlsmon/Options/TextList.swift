import ArgumentParser
import Glibc

/// A text on the command line, or a file of them.
enum TextList {
    /// Bytes that such a file may have.
    private static let longest = 1 << 20

    /// `text` itself, or of `@file` its lines that are not empty.
    /// - Throws: a usage error for a file that cannot be read.
    static func texts(_ text: String) throws -> [String] {
        guard text.hasPrefix("@"), text.count > 1 else { return [text] }
        let path = String(text.dropFirst())
        guard let file = fopen(path, "re") else {
            throw ValidationError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: longest + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw ValidationError("\(path) cannot be read") }
        guard count <= longest else { throw ValidationError("\(path) is too long: 1 MiB is the most") }
        let lines = bytes.prefix(count).split { $0 == 0x0A || $0 == 0x0D }.map { String(decoding: $0, as: UTF8.self) }
        guard !lines.isEmpty else { throw ValidationError("\(path) has no text in it") }
        return lines
    }
}
