import Foundation

/// Official vectors of RFC 9420 that are handed out beside the repository. They are not part of it.
enum Vectors {
    static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["CONCLAVE_VECTORS"] {
            return URL(fileURLWithPath: named).appendingPathComponent("mls")
        }
        // Tests/MLSWireTests/Vectors.swift
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root.deletingLastPathComponent().appendingPathComponent("shared/vectors/mls")
    }()

    /// In CI they must be there; elsewhere the tests that need them say that they are skipped.
    static var mayRun: Bool {
        FileManager.default.fileExists(atPath: folder.path) || ProcessInfo.processInfo.environment["CI"] == "true"
    }

    static let reason = "there are no vectors in ../shared/vectors/mls, nor where CONCLAVE_VECTORS points"

    /// The entries of one file, which is a list.
    static func entries<Entry: Decodable>(_ name: String, as _: Entry.Type) throws -> [Entry] {
        let file = folder.appendingPathComponent(name + ".json")
        return try JSONDecoder().decode([Entry].self, from: Data(contentsOf: file))
    }
}

struct NotHexadecimal: Error {
    let text: String
}

extension [UInt8] {
    /// The bytes that `text` gives as hexadecimal digits, two for each.
    init(hexadecimal text: String) throws {
        let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { throw NotHexadecimal(text: text) }
        let values = digits.compactMap { $0 }
        self = stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    }
}

/// Longer with `CONCLAVE_FULL=1`.
enum Effort {
    static func rounds(_ usual: Int) -> Int {
        ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == "1" ? usual * 8 : usual
    }
}
