import Foundation
import Glibc
import PacketCapture
import TLSMonitor
import Testing

@Suite("Writing captures") struct WritingTests {
    /// A folder that is gone after the test.
    private final class Folder {
        let path: String
        init() throws {
            path = FileManager.default.temporaryDirectory.appendingPathComponent("conclave-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func write(
        _ writer: CaptureWriter, _ count: Int, size: Int = 500, apart: Int64 = 1, interface: Int = 0,
        from: Int64 = 1_700_000_000_000_000_000
    ) {
        for number in 0..<count {
            [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size + number % 4).withUnsafeBytes {
                writer.write(
                    CapturedPacket(
                        number: 0, time: from + Int64(number) * apart, link: .ethernet, originalLength: 9_000), $0,
                    interface: interface)
            }
        }
    }

    @Test("pcapng keeps the interfaces, their links and what they lost") func pcapng() throws {
        let file = try TemporaryFile(name: "several.pcapng")
        var options = CaptureOptions(interfaces: ["lo", "any"], filter: "tcp port 7443")
        options.file = file.path
        let writer = try CaptureWriter(
            path: file.path, options,
            interfaces: [CapturedInterface(name: "lo", link: 1), CapturedInterface(name: "any", link: 276)])
        write(writer, 5)
        write(writer, 3, interface: 1)
        let digests = try writer.finishAll([
            InterfaceStatistics(interface: "lo", received: 10, dropped: 2, droppedByInterface: 1),
            InterfaceStatistics(interface: "any", received: 3, dropped: 4, droppedByInterface: 0),
        ])
        let capture = try ReadCapture(file.path)
        #expect(capture.damage == nil && capture.error == nil)
        #expect(
            capture.packets.map(\.0.link) == [
                .ethernet, .ethernet, .ethernet, .ethernet, .ethernet, .cooked2, .cooked2, .cooked2,
            ])
        #expect(capture.packets.map(\.1.count) == [500, 501, 502, 503, 500, 500, 501, 502])
        #expect(capture.packets[1].0.time == 1_700_000_000_000_000_001 && capture.packets[1].0.originalLength == 9_000)
        #expect(capture.drops == 7)
        #expect(digests.map(\.sha256) == [capture.digest])
        #expect(throws: CaptureError.self) {
            options.format = .pcap
            _ = try CaptureWriter(
                path: file.path, options,
                interfaces: [CapturedInterface(name: "lo", link: 1), CapturedInterface(name: "any", link: 276)])
        }
    }

    @Test("the name chooses the format") func format() throws {
        let folder = try Folder()
        for (name, magic) in [("a.pcap", 0x4D), ("b.cap", 0x4D), ("c.pcapng", 0x0A), ("d", 0x0A)] as [(String, UInt8)] {
            let path = folder.path + "/" + name
            let writer = try CaptureWriter(
                path: path, CaptureOptions(interfaces: ["lo"]), interfaces: [CapturedInterface(name: "lo", link: 1)])
            _ = try writer.finish()
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)).first == magic)
        }
    }

    @Test("a series goes on in new files, by size, and keeps as many as it was told") func bySize() throws {
        let folder = try Folder()
        var options = CaptureOptions(interfaces: ["lo"])
        options.file = folder.path + "/talk.pcapng"
        try options.addRotation("filesize:10")
        try options.addRotation("files:3")
        let writer = try CaptureWriter(
            path: folder.path + "/talk.pcapng", options, interfaces: [CapturedInterface(name: "lo", link: 1)])
        write(writer, 100)
        let digests = try writer.finishAll()
        #expect(folder.names.count == 3 && digests.map(\.file) == folder.names.map { folder.path + "/" + $0 })
        var counts: [Int] = []
        for (name, digest) in zip(folder.names, digests) {
            let capture = try ReadCapture(folder.path + "/" + name)
            #expect(capture.damage == nil && capture.error == nil && capture.digest == digest.sha256)
            counts.append(capture.packets.count)
            var status = stat()
            #expect(
                stat(folder.path + "/" + name, &status) == 0 && status.st_mode & 0o777 == 0o600
                    && status.st_size < 12_000)
        }
        // 19 packets are a little more than 10,000 bytes.
        #expect(counts == [19, 19, 5])
        let names = folder.names.map { $0.split(separator: "_") }
        #expect(names.map { String($0[1]) } == ["00004", "00005", "00006"])
        #expect(names.allSatisfy { $0[0] == "talk" && $0[2].hasSuffix(".pcapng") && $0[2].count == 14 + 7 })
    }

    @Test("a series goes on by time, and loses nothing") func byTime() throws {
        let folder = try Folder()
        var options = CaptureOptions(interfaces: ["lo"])
        try options.addRotation("duration:2")
        let writer = try CaptureWriter(
            path: folder.path + "/talk.pcap", options, interfaces: [CapturedInterface(name: "lo", link: 1)])
        write(writer, 10, apart: 500_000_000)
        #expect(try writer.finishAll().count == 3)
        #expect(try folder.names.map { try ReadCapture(folder.path + "/" + $0).packets.count } == [4, 4, 2])
    }

    @Test("a series never writes over what is there, nor follows a link") func safe() throws {
        let folder = try Folder()
        #expect(throws: CaptureError.self) {
            var options = CaptureOptions(interfaces: ["lo"])
            try options.addRotation("filesize:1")
            _ = try CaptureWriter(path: folder.path + "/none/talk.pcap", options, interfaces: [])
        }
        #expect(folder.names.isEmpty)
    }

    @Test("a full disk is told at once, with how many packets are in no file") func full() throws {
        let writer = try CaptureWriter(path: "/dev/full", link: 1)
        write(writer, 2_000, size: 1_000)
        #expect(writer.failure.map { "\($0)" } == "/dev/full cannot be written: No space left on device")
        #expect(writer.unwritten > 1_000)
        #expect(throws: CaptureError.self) { try writer.finishAll() }
    }

    @Test("settings are understood", arguments: ["duration:1.5", "packets:7", "filesize:100"])
    func stops(text: String) throws {
        var options = CaptureOptions(interfaces: ["lo"])
        options.file = "x"
        try options.addStop(text)
        #expect(options.stop.seconds == 1.5 || options.stop.packets == 7 || options.stop.kilobytes == 100)
        try options.check()
    }

    @Test(
        "settings that are none are refused",
        arguments: [
            "", "duration", "duration:", "duration:-1", "duration:nan", "duration:x", "packets:0", "packets:1.5",
            "filesize:-3", "files:0", "frob:1", "packets:99999999999999999999",
        ])
    func badSettings(text: String) {
        #expect(throws: CaptureError.self) {
            var options = CaptureOptions(interfaces: ["lo"])
            try options.addStop(text)
        }
        #expect(throws: CaptureError.self) {
            var options = CaptureOptions(interfaces: ["lo"])
            try options.addRotation(text)
        }
    }

    @Test("what does not go together is refused") func check() {
        func refused(_ change: (inout CaptureOptions) throws -> Void) -> Bool {
            var options = CaptureOptions(interfaces: ["lo"])
            options.file = "x"
            do {
                try change(&options)
                try options.check()
            } catch { return "\(error)".count > 10 }
            return false
        }
        #expect(!refused { _ in })
        #expect(refused { $0.interfaces = [] })
        #expect(refused { $0.interfaces = ["lo", "lo"] })
        #expect(refused { $0.interfaces = (0..<33).map { "i\($0)" } })
        #expect(refused { $0.bufferMiB = 0 })
        #expect(refused { $0.bufferMiB = 2_048 })
        #expect(refused { $0.snapshotLength = 63 })
        #expect(refused { $0.snapshotLength = 262_145 })
        #expect(refused { try $0.addRotation("files:3") })
        #expect(
            refused {
                $0.file = nil
                try $0.addRotation("filesize:3")
            })
        #expect(
            refused {
                $0.file = nil
                try $0.addStop("filesize:3")
            })
    }
}
