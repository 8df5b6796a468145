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

    /// Feeds inputs to the decoder with some bytes changed, gone or doubled: the same changes every time, until the time is over.
    /// - Returns: how many, and the first that was encoded otherwise.
    func damage(_ decoder: FuzzedDecoder, for time: Duration, most: Int) throws -> (tried: Int, wrong: [UInt8]?) {
        let files = try FileManager.default.contentsOfDirectory(
            at: inputs(of: decoder), includingPropertiesForKeys: nil)
        let seeds = try files.sorted { $0.path < $1.path }.map { try [UInt8](Data(contentsOf: $0)) }
        let deadline = ContinuousClock.now + time
        var state: UInt64 = 1
        func random(below limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, limit)
        }
        var tried = 0
        while tried < most, ContinuousClock.now < deadline, !seeds.isEmpty {
            var bytes = seeds[tried % seeds.count]
            for _ in 0...random(below: 4) where !bytes.isEmpty {
                let place = random(below: bytes.count)
                let end = min(bytes.count, place + random(below: 16))
                switch random(below: 5) {
                case 0: bytes[place] = UInt8(random(below: 256))
                case 1: bytes[place] ^= 1 << UInt8(random(below: 8))
                case 2: bytes.removeSubrange(place..<end)
                case 3: bytes.insert(contentsOf: Array(bytes[place..<end]), at: random(below: bytes.count))
                default: bytes.removeSubrange(random(below: bytes.count)...)
                }
            }
            tried += 1
            if let again = try? decoder.reencode(bytes), again != bytes { return (tried, bytes) }
        }
        return (tried, nil)
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
