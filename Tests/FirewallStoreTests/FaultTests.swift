import Firewall
import FirewallStore
import Foundation
import Glibc
import Testing

@Suite("FirewallStore: faults", .serialized)
struct FaultTests {
    // MARK: Files

    @Test("makes files for their owner alone, whatever the mask is, and takes rights from others")
    func keepsOthersOut() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        store.append([packet()])
        store.flush()
        func mode(_ suffix: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + suffix)
            return try #require(attributes[.posixPermissions] as? Int)
        }
        #expect(try ["", "-wal", "-shm"].map(mode) == [0o600, 0o600, 0o600])
        store.close()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.path)
        let again = try folder.open()
        #expect(try mode("") == 0o600)
        again.close()
    }

    @Test("follows no symbolic link")
    func followsNoLink() throws {
        let folder = try StoreFolder()
        try FileManager.default.createSymbolicLink(atPath: folder.path, withDestinationPath: folder.folder + "/target")
        #expect(throws: FirewallStoreError.self) { try folder.open() }
        #expect(!FileManager.default.fileExists(atPath: folder.folder + "/target"))
    }

    @Test("says where there is no folder, and where there is no log yet")
    func tellsMissing() throws {
        let folder = try StoreFolder()
        let nowhere = folder.folder + "/none/firewall.db"
        let error = #expect(throws: FirewallStoreError.self) { try FirewallStore(path: nowhere, now: { 0 }) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("No such file or directory"))
        #expect(throws: FirewallStoreError.missing(folder.path)) { try FirewallLogReader(path: folder.path) }
    }

    @Test("leaves a newer form, and another program's database, as they are")
    func leavesOthers() throws {
        let folder = try StoreFolder()
        try folder.open().close()
        try folder.change("PRAGMA user_version = 99")
        #expect(throws: FirewallStoreError.newerSchema(found: 99, known: 1, path: folder.path)) { try folder.open() }
        #expect(throws: FirewallStoreError.self) { try folder.openReader() }
        try folder.change("PRAGMA user_version = 1; PRAGMA application_id = 5")
        let error = #expect(throws: FirewallStoreError.self) { try folder.open() }
        #expect("\(error.map { "\($0)" } ?? "")".contains("another program"))
        #expect(folder.notices.isEmpty && folder.size() > 0 && folder.size(".damaged") == 0)
        try folder.change("PRAGMA application_id = \(0x434E_4346)")
        try folder.open().close()
    }

    // MARK: Damage

    @Test("sets a damaged database aside and begins a new one, when it opens")
    func setsAside() throws {
        let folder = try StoreFolder()
        let garbage = Data(repeating: 0x5A, count: 20_000)
        try garbage.write(to: URL(fileURLWithPath: folder.path))
        let store = try folder.open()
        store.append([packet()])
        store.flush()
        #expect(try folder.ask("SELECT count(*) FROM blocked_packets") == [1])
        #expect(folder.notices.map { if case .setAside = $0 { true } else { false } } == [true])
        #expect("\(folder.notices[0])".contains("firewall.db.damaged"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + ".damaged")) == garbage)
        store.close()
        // There is at most one of them.
        try Data(repeating: 1, count: 9_000).write(to: URL(fileURLWithPath: folder.path))
        try folder.open().close()
        #expect(folder.size(".damaged") == 9_000)
    }

    @Test("sets it aside also when the damage shows later")
    func setsAsideLater() throws {
        let folder = try StoreFolder()
        var limits = StoreLimits()
        limits.packetsPerSecond = 1_000_000
        let store = try folder.open(limits)
        for _ in 0..<10 {
            store.append((0..<500).map { packet(source: "10.0.\($0 >> 8).\($0 & 255)") })
            store.flush()
        }
        store.close()
        // All but the first pages, which tell of the tables.
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: folder.path))
        let size = try handle.seekToEnd()
        try handle.seek(toOffset: 16 * 4_096)
        try handle.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - 16 * 4_096))
        try handle.close()
        let again = try folder.open(limits)
        for round in 0..<20 where folder.notices.isEmpty {
            again.append((0..<500).map { packet(source: "10.9.\(round).\($0 & 255)", port: UInt16($0)) })
            again.flush()
        }
        again.append([packet("cfw:deny")])
        again.flush()
        #expect(folder.notices.count == 1 && folder.size(".damaged") == Int(size))
        #expect(try folder.ask("SELECT count(*) FROM blocked_packets WHERE reason = 'deny'") == [1])
        #expect(again.status.condition == .working)
        #expect(try folder.ask("PRAGMA integrity_check") == ["ok"])
    }

    @Test("cut off at any byte, its files are opened, or set aside and begun anew")
    func survivesTruncation() throws {
        let source = try StoreFolder()
        let store = try source.open()
        for index in 0..<40 { store.append([packet(source: "10.0.0.\(index)")]) }
        store.flush()
        let whole = try Data(contentsOf: URL(fileURLWithPath: source.path))
        let log = try Data(contentsOf: URL(fileURLWithPath: source.path + "-wal"))
        for cut in [0, 1, 99, 100, 4_095, 4_096, 9_000, whole.count - 1] where cut < whole.count {
            let folder = try StoreFolder()
            try whole.prefix(cut).write(to: URL(fileURLWithPath: folder.path))
            let opened = try folder.open()
            opened.append([packet()])
            opened.flush()
            #expect(opened.status.condition == .working && opened.status.written == 1)
        }
        for cut in [0, 31, 5_000, log.count - 1] where cut < log.count {
            let folder = try StoreFolder()
            try whole.write(to: URL(fileURLWithPath: folder.path))
            try log.prefix(cut).write(to: URL(fileURLWithPath: folder.path + "-wal"))
            let opened = try folder.open()
            opened.append([packet()])
            opened.flush()
            #expect(opened.status.written == 1)
            #expect(try folder.ask("PRAGMA integrity_check") == ["ok"])
        }
    }

    // MARK: A full disk

    @Test(
        "on a full disk says so, drops packets, keeps bans, and goes on when there is space again",
        .enabled(if: SmallDisk.isUsable, "it takes root to mount a tmpfs"))
    func survivesFullDisk() async throws {
        let disk = try SmallDisk(kilobytes: 2_048)
        defer { disk.remove() }
        let folder = try StoreFolder(disk.path + "/log")
        var limits = StoreLimits()
        limits.packetsPerSecond = 1_000_000
        let store = try folder.open(limits)
        store.append([packet()])
        store.flush()
        let filler = try disk.fill()
        for _ in 0..<20 {
            store.append((0..<500).map { packet(source: "10.0.\($0 >> 8).\($0 & 255)") })
            store.flush()
        }
        #expect(folder.notices == [.full(path: folder.path)] && store.status.condition == .full)
        #expect(store.status.dropped > 500)
        let target = try prefix("192.0.2.1")
        store.save(
            Ban(targets: [target], since: folder.now, until: folder.now + 9_000, kind: .manual, detail: "", offence: 1))
        store.replaceThreats(of: "feed", at: 1, list: FeedList(hosts4: (0..<5_000).map { UInt32($0) }))
        let begin = ContinuousClock.now
        store.flush()
        #expect(ContinuousClock.now - begin < .seconds(2))
        // Questions are still answered.
        #expect(try store.reader().packets(LogQuery(.blocked, limit: 1)).count == 1)
        unlink(filler)
        store.append([packet("cfw:deny")])
        store.flush()
        #expect(store.status.condition == .working)
        let dropped = store.status.dropped
        #expect(folder.notices.last == .recovered(path: folder.path, dropped: dropped) || folder.notices.count == 2)
        // Lists wait for their turn.
        for _ in 0..<150 where try store.reader().feeds().first?.entries != 5_000 {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try store.reader().banState(at: folder.now).bans.count == 1)
        #expect(try folder.ask("SELECT count(*) FROM blocked_packets WHERE reason = 'deny'") == [1])
        #expect(try folder.ask("SELECT count(*) FROM threat_intel") == [5_000])
        #expect(try folder.ask("PRAGMA integrity_check") == ["ok"])
        store.close()
    }

    @Test("begins on a disk that is full already", .enabled(if: SmallDisk.isUsable, "it takes root to mount a tmpfs"))
    func beginsFull() throws {
        let disk = try SmallDisk(kilobytes: 512)
        defer { disk.remove() }
        let folder = try StoreFolder(disk.path + "/log")
        let filler = try disk.fill()
        let store = try folder.open()
        store.append([packet()])
        store.flush()
        #expect(store.status.condition == .full && store.status.dropped == 1)
        unlink(filler)
        store.append([packet()])
        store.flush()
        #expect(store.status.condition == .working && store.status.written == 1)
        store.close()
    }

    @Test("a reader that never ends does not make the write-ahead log grow without end")
    func boundsLog() throws {
        let folder = try StoreFolder()
        var limits = StoreLimits()
        limits.packetsPerSecond = 1_000_000
        limits.maximumLogBytes = 2 << 20
        let store = try folder.open(limits)
        store.append([packet()])
        store.flush()
        func flood() {
            for round in 0..<60 where store.status.dropped == 0 {
                store.append((0..<500).map { packet(source: "10.\(round).\($0 >> 8).\($0 & 255)") })
                store.flush()
            }
        }
        try folder.whileReading {
            flood()
            #expect(folder.size("-wal") < 8 << 20 && store.status.dropped > 0)
            #expect(folder.notices.count == 1 && "\(folder.notices)".contains("end that program"))
        }
        // The log may take more than one attempt to become short again.
        for _ in 0..<50 where store.status.condition != .working || store.status.written == 0 {
            store.append([packet("cfw:deny")])
            store.flush()
        }
        #expect(store.status.condition == .working, "\(store.status)")
        #expect(folder.notices.count == 2, "\(folder.notices)")
        #expect(folder.size("-wal") < 2 << 20)
    }

    // MARK: Sudden ends

    @Test("killed at any moment it opens again, sound, with all that was on the disk", arguments: [20, 90, 250, 700])
    func survivesKill(milliseconds: Int) throws {
        let folder = try StoreFolder()
        try folder.open().close()
        // The same program once more, with nothing to do but write.
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/proc/self/exe")
        child.arguments = Self.arguments(filter: "writesUntilKilled")
        child.environment = ProcessInfo.processInfo.environment.merging([Self.variable: folder.folder]) { $1 }
        child.standardOutput = FileHandle.nullDevice
        child.standardError = FileHandle.nullDevice
        try child.run()
        let begin = ContinuousClock.now
        while folder.size("-wal") == 0, child.isRunning, ContinuousClock.now < begin + .seconds(20) { usleep(2_000) }
        usleep(useconds_t(milliseconds * 1_000))
        try #require(child.isRunning)
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        #expect(child.terminationReason == .uncaughtSignal && folder.size("-wal") > 0)
        let store = try folder.open()
        store.append([packet("cfw:deny")])
        store.flush()
        #expect(folder.notices.isEmpty)
        #expect(try folder.ask("PRAGMA integrity_check") == ["ok"])
        #expect(try folder.ask("SELECT count(*) FROM blocked_packets WHERE reason = 'deny'") == [1])
    }

    private static let variable = "CONCLAVE_FIREWALL_STORE_CHILD"
    private static let childFolder = ProcessInfo.processInfo.environment[variable]

    /// This program's own, for one test alone.
    private static func arguments(filter: String) -> [String] {
        var arguments: [String] = []
        var words = CommandLine.arguments.dropFirst()[...]
        while let word = words.popFirst() {
            if word == "--filter" || word == "--skip" { words = words.dropFirst() } else { arguments.append(word) }
        }
        return arguments + ["--filter", filter]
    }

    @Test(
        "what the killed process does", .enabled(if: childFolder != nil, "it is the other process of the test before"))
    func writesUntilKilled() throws {
        guard let path = Self.childFolder else { return }
        let folder = try StoreFolder(path)
        var limits = StoreLimits(maximumBytes: 1 << 20)
        limits.packetsPerSecond = 1_000_000
        let store = try folder.open(limits)
        store.replaceThreats(of: "feed", at: 1, list: FeedList(hosts4: (0..<6_000).map { UInt32($0) }))
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            store.append((0..<500).map { packet(source: "10.0.\($0 >> 8).\($0 & 255)") })
            store.flush()
        }
        Issue.record("nobody killed it")
    }
}

/// A disk of a test, of which the end is near.
final class SmallDisk {
    let path: String

    static let isUsable = geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/bin/mount")

    init(kilobytes: Int) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run("/bin/mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path)
    }

    func remove() {
        try? Self.run("/bin/umount", "-l", path)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Leaves nothing free.
    /// - Returns: the file that takes it.
    func fill() throws -> String {
        let file = try #require(fopen(path + "/filler", "w"))
        setvbuf(file, nil, _IONBF, 0)
        let block = [UInt8](repeating: 1, count: 4_096)
        while fwrite(block, 1, block.count, file) == block.count {}
        fclose(file)
        return path + "/filler"
    }

    private static func run(_ program: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
