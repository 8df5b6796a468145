import Foundation
import Testing

@Suite(
    "a clock that jumps", .enabled(if: Installation.isComplete, Installation.comment),
    .enabled(if: Installation.isCI || FalseClock.library != nil, "libfaketime is missing; run scripts/packages test"))
struct ClockTests {
    @Test(
        "by a day, by 40 days, and back leaves the order of all logs, and drops nothing", .timeLimit(.minutes(5)))
    func jumps() async throws {
        let scratch = try Scratch()
        // The server's list of what is revoked must not be out of date in 40 days.
        let certificates = try await Certificates(users: ["alice", "bob", "carol"])
        try await certificates.run(["crl", "--days", "300"])
        let clock = scratch.path + "/clock"
        func set(_ offset: String) throws {
            try scratch.write(offset + "\n", to: clock + ".new")
            try #require(rename(clock + ".new", clock) == 0)
        }
        try set("+0d")
        let environment = [
            "LD_PRELOAD": try #require(FalseClock.library), "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
        ]
        func start() async throws -> Victim {
            let server = try await Victim(
                on: scratch.path + "/data", certificates: certificates.folder, environment: environment)
            try #require(server.listens, "\(server.log)")
            return server
        }

        let talk = try await Talk(certificates: certificates.folder)
        func say(_ count: Int = 300) async throws {
            try await talk.acknowledged(try await talk.ledger().acknowledged.count + count)
        }
        var server = try await start()
        try await talk.connect(to: server.port)
        try await say()
        // Under its feet: connections go on.
        for offset in ["+1d", "-1d", "+40d"] {
            try set(offset)
            try await say()
        }
        // And from one run to the next: forward, and back by 40 days.
        for offset in ["+40d", "+0d", "+40d", "+1d"] {
            try await server.kill()
            try await talk.isCut()
            try set(offset)
            server = try await start()
            try await talk.connect(to: server.port)
            try await talk.isConnected()
            try await say()
        }
        try set("+0d")
        try await say()

        try await talk.hush()
        try await talk.settle()
        let readings = try await talk.read()
        let verdict = Verdict(try await talk.ledger(), readings, isSettled: true)
        #expect(verdict.isClean, "\(verdict)")
        for reading in readings.values.compactMap(\.first) {
            #expect(reading.status?.first == 1, "nothing was dropped")
            let times = reading.lines.map(\.time.milliseconds)
            let span = (times.max() ?? 0) - (times.min() ?? 0)
            #expect(span > 40 * 86_400_000, "the clock did jump")
            #expect(times != times.sorted(), "it went back, too")
        }
        try await talk.close()
        try await server.stop()
        try await verify(scratch.path + "/data")
    }
}

/// libfaketime, which stands between a program and the clock.
private enum FalseClock {
    static let library: String? = {
        let base = "/usr/lib"
        let folders = ((try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []).map { "\(base)/\($0)" }
        return (folders + [base]).map { $0 + "/faketime/libfaketimeMT.so.1" }
            .first(where: FileManager.default.fileExists)
    }()
}
