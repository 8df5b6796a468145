import Foundation
import Testing

/// Inputs that are kept for `scripts/fuzz` to start from: random values (`value-…`), and bytes that fuzzing came upon since they go
/// another way through a decoder (`found-…`).
@Suite("Corpus of the fuzzer") struct CorpusTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Corpus")

    private static func files(_ decoder: FuzzedDecoder) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: folder.appendingPathComponent(decoder.name), includingPropertiesForKeys: nil)
    }

    @Test("every input is refused, or encoded to the same bytes again", arguments: FuzzedDecoder.wire)
    func replay(decoder: FuzzedDecoder) throws {
        var accepted = 0
        for file in try Self.files(decoder) {
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

    @Test("there is an input for every decoder, and for nothing else") func complete() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(folders.sorted() == FuzzedDecoder.wire.map(\.name).sorted())
    }

    /// Not a test, but how the values were made: with other structures they are to be made anew.
    @Test(
        "write random values to the corpus",
        .enabled(
            if: ProcessInfo.processInfo.environment["CONCLAVE_WRITE_CORPUS"] == "1", "CONCLAVE_WRITE_CORPUS is not 1"),
        arguments: FuzzedDecoder.wire)
    func write(decoder: FuzzedDecoder) throws {
        let structure = try #require(Structure.all.first { $0.description == decoder.name })
        let folder = Self.folder.appendingPathComponent(decoder.name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for number in 1...8 {
            var source = RandomSource(seed: UInt64(number), lengths: 0...number * 4, counts: number > 2 ? 1...3 : 0...1)
            let file = folder.appendingPathComponent("value-\(number)")
            try Data(structure.encoded(&source)).write(to: file)
        }
    }
}
