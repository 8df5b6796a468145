import Foundation
import Testing

/// Inputs that are kept for `scripts/fuzz` to start from: values (`value-…`), and bytes that fuzzing came upon (`found-…`), a folder
/// for each decoder. Other test targets have links to this file and ``FuzzedDecoder``.
struct CorpusFolder {
    let folder: URL

    /// The folder `Corpus` beside a source file.
    init(beside file: String) {
        folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Corpus")
    }

    private func inputs(of decoder: FuzzedDecoder) -> URL { folder.appendingPathComponent(decoder.name) }

    /// Expects that every input is refused, or encoded to the same bytes again; and that values are not refused.
    func replay(_ decoder: FuzzedDecoder) throws {
        var accepted = 0
        for file in try FileManager.default.contentsOfDirectory(
            at: inputs(of: decoder), includingPropertiesForKeys: nil)
        {
            let bytes = try [UInt8](Data(contentsOf: file))
            do {
                #expect(try decoder.reencode(bytes) == bytes, "\(file.lastPathComponent)")
                accepted += 1
            } catch {
                #expect(!file.lastPathComponent.hasPrefix("value-"), "\(file.lastPathComponent): \(error)")
            }
        }
        #expect(accepted > 0, "there is nothing to start from")
    }

    /// Expects an input for every decoder, and for nothing else.
    func expectNothing(but decoders: [FuzzedDecoder]) throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(folders.sorted() == decoders.map(\.name).sorted())
    }

    /// Whether the values are to be made anew, which is no test.
    static var isWritten: Bool { ProcessInfo.processInfo.environment["CONCLAVE_WRITE_CORPUS"] == "1" }

    /// Writes inputs of a decoder.
    /// - Parameter kind: `found` for those that may be refused.
    func write(_ values: [[UInt8]], of name: String, kind: String = "value") throws {
        let inputs = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: inputs, withIntermediateDirectories: true)
        for (number, value) in values.enumerated() {
            try Data(value).write(to: inputs.appendingPathComponent("\(kind)-\(number + 1)"))
        }
    }
}
