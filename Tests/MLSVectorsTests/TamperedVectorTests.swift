import Foundation
import MLS
import MLSVectors
import MLSWire
import Testing

@Suite("Tampered vectors", .enabled(if: Vectors.mayRun, "there are no vectors in ../shared/vectors/mls"))
struct TamperedVectorTests {
    /// The second entry of a file whose cipher suite is supported: small, and not so small that lists in it are empty.
    private func entry(of file: VectorFile) throws -> Any {
        let all = try #require(try JSONSerialization.jsonObject(with: try file.content) as? [Any])
        let entries = all.filter { entry in
            guard let suite = (entry as? [String: Any])?["cipher_suite"] as? Int else { return true }
            return MLSCipherSuite.supported.contains(MLSCipherSuite(rawValue: UInt16(suite)))
        }
        return try #require(entries.dropFirst().first ?? entries.first)
    }

    @Test("fail, whatever value is changed", arguments: Vectors.files)
    func tampered(file: VectorFile) throws {
        let entry = try entry(of: file)
        let original = try JSONSerialization.data(withJSONObject: [entry])
        try #require(VectorFile.check(file.kind, original).passed == 1)
        let changes = try Tampering.all(of: entry, kind: file.kind, count: 60)
        #expect(changes.count > 1)
        for change in changes {
            let report = VectorFile.check(file.kind, change.content)
            #expect(report.failures.count == 1 && report.passed == 0, "\(change)")
        }
    }

    @Test("fail, whatever field is missing", arguments: Vectors.files)
    func incomplete(file: VectorFile) throws {
        let entry = try #require(try entry(of: file) as? [String: Any])
        for key in entry.keys where !(entry[key] is NSNull) {
            var less = entry
            less[key] = nil
            let report = VectorFile.check(file.kind, try JSONSerialization.data(withJSONObject: [less, entry]))
            #expect(report.passed == 1 && report.failures.map(\.index) == [0], "without \(key)")
        }
    }

    @Test("are left out if their cipher suite is not supported", arguments: Vectors.files)
    func unsupported(file: VectorFile) throws {
        var entry = try #require(try entry(of: file) as? [String: Any])
        guard entry["cipher_suite"] != nil else { return }
        entry["cipher_suite"] = 6
        let report = VectorFile.check(file.kind, try JSONSerialization.data(withJSONObject: [entry]))
        #expect(report.passed == 0 && report.failures.isEmpty && report.skipped == [6: 1])
        #expect(report.skipReason == "cipher suite 6 is not supported")
    }
}

@Suite("Files of vectors")
struct VectorFileTests {
    @Test("fail as a whole if they hold nothing, or no list", arguments: VectorKind.allCases, ["[]", "{}", "", "[1"])
    func empty(kind: VectorKind, content: String) {
        let report = VectorFile.check(kind, Data(content.utf8))
        #expect(report.passed == 0 && report.failures.map(\.index) == [nil])
    }

    @Test("fail where an entry is no object", arguments: VectorKind.allCases)
    func noObject(kind: VectorKind) {
        let report = VectorFile.check(kind, Data("[1, null]".utf8))
        #expect(report.passed == 0 && report.failures.map(\.index) == [0, 1])
    }

    @Test("are found by their names")
    func names() {
        for kind in VectorKind.allCases where kind != .passiveClient {
            #expect(VectorKind(fileName: kind.rawValue + ".json") == kind)
        }
        #expect(VectorKind(fileName: "passive-client-welcome.json") == .passiveClient)
        #expect(VectorKind(fileName: "passive-client-anything-else.json") == .passiveClient)
        for name in ["passive-client.json", "tree-math.txt", "tree-math", "Tree-Math.json", "other.json", ".json"] {
            #expect(VectorKind(fileName: name) == nil, "\(name)")
        }
    }

    @Test("cannot be found in a folder that is none")
    func noFolder() {
        #expect(throws: (any Error).self) { try VectorFile.find(in: URL(fileURLWithPath: #filePath)) }
    }

    @Test("say which cipher suites are not supported")
    func skipReason() {
        let entries = [4, 6, 9, 4].map { "{\"cipher_suite\": \($0)}" }.joined(separator: ",")
        let report = VectorFile.check(.treeKEM, Data("[\(entries)]".utf8))
        #expect(report.skipped == [4: 2, 6: 1, 9: 1] && report.skippedCount == 4)
        #expect(report.skipReason == "cipher suites 4, 6 and 9 are not supported")
    }
}
