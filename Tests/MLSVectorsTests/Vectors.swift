import Foundation
import MLSVectors

/// The working group's vectors, which are handed out beside the repository. They are not part of it.
enum Vectors {
    static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["CONCLAVE_VECTORS"] {
            return URL(fileURLWithPath: named).appendingPathComponent("mls")
        }
        // Tests/MLSVectorsTests/Vectors.swift
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root.deletingLastPathComponent().appendingPathComponent("shared/vectors/mls")
    }()

    static let files: [VectorFile] = (try? VectorFile.find(in: folder).known) ?? []

    /// In CI they must be there; elsewhere the tests that need them say that they are skipped.
    static var mayRun: Bool { !files.isEmpty || ProcessInfo.processInfo.environment["CI"] == "true" }

    static let reason = "there are no vectors in ../shared/vectors/mls, nor where CONCLAVE_VECTORS points"
}

extension VectorFile {
    var content: Data {
        get throws { try Data(contentsOf: Vectors.folder.appendingPathComponent(name)) }
    }
}
