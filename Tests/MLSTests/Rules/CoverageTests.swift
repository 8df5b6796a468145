import Foundation
import MLS
import Testing

@Suite("Coverage of the rules")
struct CoverageTests {
    @Test("every rule has a test of its name, which scripts/mutants runs")
    func everyRuleHasATest() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        var tests: Set<Substring> = []
        for file in files where file.pathExtension == "swift" {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            for (before, line) in zip(lines, lines.dropFirst()) {
                let isTest = before.contains("@Test(") || before.contains("arguments: ")
                guard isTest, let name = line.split(separator: "func ").last?.prefix(while: { $0 != "(" }) else {
                    continue
                }
                tests.insert(name)
            }
        }
        let missing = ValidationRule.allCases.map(\.rawValue).filter { !tests.contains(Substring($0)) }
        #expect(missing.isEmpty)
        #expect(ValidationRule.allCases.count >= 86)
    }

    @Test("every rule says what it is and where it stands")
    func everyRuleHasASentence() {
        for rule in ValidationRule.allCases {
            #expect(rule.section.hasPrefix("§"))
            #expect(rule.sentence.count > 10)
            #expect(MLSError.invalid(rule).description == "\(rule.sentence) (RFC 9420 \(rule.section))")
        }
        #expect(Set(ValidationRule.allCases.map(\.sentence)).count == ValidationRule.allCases.count)
    }
}
