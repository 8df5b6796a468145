import Crypto
import Foundation
import MLS
import MLSWire
import Testing

/// Inputs that are kept for `scripts/fuzz` to start from (`value-…`), and those that it came upon (`found-…`).
@Suite("Corpus of the fuzzer, groups") struct FuzzedGroupTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Corpus")

    private static func files(_ decoder: FuzzedDecoder) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: folder.appendingPathComponent(decoder.name), includingPropertiesForKeys: nil)
    }

    @Test("every input is refused or borne", arguments: FuzzedDecoder.groups)
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
        #expect(folders.sorted() == FuzzedDecoder.groups.map(\.name).sorted())
    }

    /// Not a test, but how the values were made: with another form of snapshots they are to be made anew.
    @Test(
        "write values to the corpus",
        .enabled(
            if: ProcessInfo.processInfo.environment["CONCLAVE_WRITE_CORPUS"] == "1", "CONCLAVE_WRITE_CORPUS is not 1"))
    func write() throws {
        let scene = FuzzedScene.shared
        var b = try MLSGroup(restoring: scene.bob, client: FuzzedScene.client)
        let group = Self.pair(scene.bob.epoch.bytes, scene.bob.ratchets.bytes)
        let random = SymmetricKey(data: [UInt8](1...32))
        let secrets = [
            GroupSecrets(joiner: random, path: nil, preSharedKeys: []),
            GroupSecrets(
                joiner: random, path: random,
                preSharedKeys: [PreSharedKeyID(source: .external(id: [1]), nonce: random.bytes)]),
        ]
        let values: [String: [[UInt8]]] = [
            "GroupSecrets": secrets.map(\.encoded.bytes),
            "KeyPackageSecrets": [scene.dave.bytes],
            "GroupSnapshot": [group],
            "StagedEpoch": [Self.pair(group, try b.stagedSnapshot().bytes)],
            "MLSGroup.receive": [0, 2, 3, 5, 6].map { [$0] },
            "MLSGroup.receive.insider": [[0], [2]],
            "MLSGroup.join": [[0]],
            "MLSGroup.joinExternally": [[0], [1]],
        ]
        for (name, inputs) in values {
            let folder = Self.folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (number, input) in inputs.enumerated() {
                try Data(input).write(to: folder.appendingPathComponent("value-\(number + 1)"))
            }
        }
    }

    private static func pair(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        [UInt8(first.count >> 8), UInt8(first.count & 0xFF)] + first + second
    }
}
