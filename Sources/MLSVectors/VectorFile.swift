public import Foundation
import MLS
import MLSWire

/// A file of vectors of a known kind.
public struct VectorFile: Sendable, CustomStringConvertible {
    public let name: String
    public let kind: VectorKind
    private let url: URL

    public var description: String { name }

    /// The files of a folder that have a known name, and the names of other JSON files there; both in order.
    /// - Throws: if the folder cannot be read.
    public static func find(in folder: URL) throws -> (known: [VectorFile], unknown: [String]) {
        var known: [VectorFile] = []
        var unknown: [String] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where name.hasSuffix(".json") {
            if let kind = VectorKind(fileName: name) {
                known.append(VectorFile(name: name, kind: kind, url: folder.appendingPathComponent(name)))
            } else {
                unknown.append(name)
            }
        }
        return (known, unknown)
    }

    /// Checks every entry of a supported cipher suite.
    /// - Throws: if the file cannot be read.
    public func check() throws -> VectorReport { Self.check(kind, try Data(contentsOf: url)) }

    /// Checks every entry of a file's content.
    public static func check(_ kind: VectorKind, _ content: Data) -> VectorReport {
        func run<Entry: VectorEntry>(_: Entry.Type) -> VectorReport { report(of: content, as: Entry.self) }
        return run(kind.entry)
    }

    private static func report<Entry: VectorEntry>(of content: Data, as _: Entry.Type) -> VectorReport {
        var report = VectorReport()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            let attempts = try decoder.decode([Attempt<Entry>].self, from: content)
            if attempts.isEmpty { throw VectorFailure("the file holds no vectors") }
            for (index, attempt) in attempts.enumerated() {
                do {
                    switch attempt {
                    case .unsupported(let suite): report.skipped[suite, default: 0] += 1
                    case .readable(let entry):
                        try entry.get().check()
                        report.passed += 1
                    }
                } catch {
                    report.failures.append(.init(index: index, reason: describe(error)))
                }
            }
        } catch {
            report.failures.append(.init(index: nil, reason: describe(error)))
        }
        return report
    }

    private static func describe(_ error: any Error) -> String {
        switch error {
        case let error as DecodingError: "not in the format: \(error)"
        default: "\(error)"
        }
    }
}

/// An entry as far as it can be read: one that is not in the format does not spoil the others.
private enum Attempt<Entry: VectorEntry>: Decodable {
    case unsupported(UInt16)
    case readable(Result<Entry, any Error>)

    private struct Suite: Decodable { let cipherSuite: UInt16 }

    init(from decoder: any Decoder) throws {
        if Entry.hasCipherSuite, let suite = try? Suite(from: decoder).cipherSuite,
            !MLSCipherSuite.supported.contains(MLSCipherSuite(rawValue: suite))
        {
            self = .unsupported(suite)
        } else {
            self = .readable(Result { try Entry(from: decoder) })
        }
    }
}
