import MLSVectors
import MLSWire
import Testing

@Suite("The working group's vectors", .enabled(if: Vectors.mayRun, "there are no vectors in ../shared/vectors/mls"))
struct VectorTests {
    @Test("are there") func present() {
        #expect(!Vectors.files.isEmpty, "\(Vectors.reason)")
    }

    @Test("all pass", arguments: Vectors.files)
    func pass(file: VectorFile) throws {
        let report = try file.check()
        #expect(report.failures.isEmpty)
        #expect(report.passed > 0)
        #expect(Set(report.skipped.keys).isSubset(of: [4, 6]))
    }

    @Test("are of every kind", arguments: VectorKind.allCases)
    func kinds(kind: VectorKind) {
        #expect(Vectors.files.contains { $0.kind == kind })
    }
}
