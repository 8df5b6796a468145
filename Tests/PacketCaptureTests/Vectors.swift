import Foundation
import PacketCapture
import TLSMonitor

/// Captures that are handed out beside the repository. They are not part of it.
enum Vectors {
    static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["CONCLAVE_VECTORS"] {
            return URL(fileURLWithPath: named).appendingPathComponent("tls")
        }
        // Tests/PacketCaptureTests/Vectors.swift
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root.deletingLastPathComponent().appendingPathComponent("shared/vectors/tls")
    }()

    static let captures: [URL] = {
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { ["pcap", "pcapng"].contains($0.pathExtension) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }()

    /// In CI they must be there; elsewhere the tests that need them say that they are skipped.
    static var mayRun: Bool { !captures.isEmpty || ProcessInfo.processInfo.environment["CI"] == "true" }

    static let reason = "there are no captures in ../shared/vectors/tls, nor where CONCLAVE_VECTORS points"
}

/// A file that is gone after the test.
final class TemporaryFile {
    let path: String

    init(_ bytes: [UInt8] = [], name: String = "capture") throws {
        path =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("conclave-\(UUID().uuidString)-\(name)").path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// All that a reader gave.
struct ReadCapture {
    var packets: [(CapturedPacket, [UInt8])] = []
    var error: CaptureError?
    var endsEarly = false
    var damage: String?
    var drops = 0
    var digest = ""

    init(_ path: String) throws(CaptureError) {
        let file = try CaptureFile(path: path)
        do throws(CaptureError) {
            while try file.next({ packets.append(($0, Array($1))) }) {}
        } catch {
            self.error = error
        }
        endsEarly = file.endsEarly
        damage = file.damage
        drops = file.drops
        digest = file.digest()
    }
}

/// Longer with `CONCLAVE_FULL=1`.
enum Effort {
    static func rounds(_ usual: Int) -> Int {
        ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == "1" ? usual * 40 : usual
    }
}
