import ArgumentParser
import Foundation
import MLSVectors

/// Checks the library against files of test vectors.
@main
struct MLSVectorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mls-vectors",
        abstract: "Check the MLS library against the test vectors of the working group.",
        discussion: """
            Every file of the folder whose name is one of the working group's is checked: \
            \(VectorKind.allCases.map { $0 == .passiveClient ? "passive-client-*.json" : $0.rawValue + ".json" }
                .joined(separator: ", ")). \
            Entries of cipher suites 4 and 6 are skipped, as there is no X448 and no Ed448 here.

            Exit code: 0 if nothing failed, 1 if something did, 64 for wrong usage, 66 if the folder does not exist \
            or holds no file of a known name.
            """)

    @Argument(help: "The folder with the files.", completion: .directory)
    var folder: String

    @Option(help: "How many failures of a file are described.")
    var failures = 5

    func validate() throws {
        if failures < 0 { throw ValidationError("--failures cannot be less than 0.") }
    }

    func run() throws {
        let (known, unknown) = try find()
        let width = (known.map(\.name) + unknown).map(\.count).max() ?? 0
        func column(_ name: String) -> String { name.padding(toLength: width + 2, withPad: " ", startingAt: 0) }
        var isGood = true
        for file in known {
            let report = read(file)
            isGood = isGood && report.failures.isEmpty
            print(column(file.name) + line(report))
            for failure in report.failures.prefix(failures) {
                print("    " + (failure.index.map { "entry \($0): " } ?? "") + failure.reason)
            }
            if report.failures.count > failures { print("    and \(report.failures.count - failures) more") }
        }
        for name in unknown { print(column(name) + "not known: no file of the working group has this name") }
        if !isGood { throw ExitCode(1) }
    }

    private func find() throws -> (known: [VectorFile], unknown: [String]) {
        func fail(_ message: String) -> ExitCode {
            FileHandle.standardError.write(Data("mls-vectors: \(message)\n".utf8))
            return ExitCode(66)
        }
        let found: (known: [VectorFile], unknown: [String])
        do {
            found = try VectorFile.find(in: URL(fileURLWithPath: folder, isDirectory: true))
        } catch {
            throw fail("\(folder) cannot be read as a folder; name the folder that holds the files of vectors")
        }
        if found.known.isEmpty {
            throw fail("\(folder) holds no file of a known name, such as tree-math.json or passive-client-welcome.json")
        }
        return found
    }

    private func read(_ file: VectorFile) -> VectorReport {
        do { return try file.check() } catch { return VectorReport(unreadable: file.name) }
    }

    private func line(_ report: VectorReport) -> String {
        func column(_ word: String, _ count: Int) -> String {
            "\(word) \(count)".padding(toLength: word.count + 7, withPad: " ", startingAt: 0)
        }
        let line = column("passed", report.passed) + column("failed", report.failures.count)
        let skipped = "skipped \(report.skippedCount)"
        return line + (report.skippedCount == 0 ? skipped : "\(skipped) (\(report.skipReason))")
    }
}
