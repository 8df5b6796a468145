import Foundation
import Testing

/// A run that is killed leaves a folder in which the next run works as if nothing had been.
@Suite("interrupted runs", .serialized)
struct InterruptionTests {
    /// Where the killing begins, and how far it goes from one point to the next.
    static var stride: Int { CertsFolder.isFull ? 1 : 8 }

    /// Kills `arguments` before its Nth program for N = 1, 1 + stride…, until a run lives to its end, and calls `after` each time.
    private func killEverywhere(
        _ folder: CertsFolder, _ arguments: @Sendable (Int) -> [String],
        after: (Int) async throws -> Void
    ) async throws {
        let killer = try await Killer(in: folder.parent)
        var killed = 0
        for point in Swift.stride(from: 1, to: 300, by: Self.stride) {
            let run = try await killer.run(arguments(point), in: folder, killedBefore: point)
            if run.status == 0 {
                #expect(killed > 2)
                return
            }
            #expect(run.status == 128 + SIGKILL, "\(run.status) \(run.errors)")
            killed += 1
            try await after(point)
        }
        Issue.record("no run lived to its end")
    }

    @Test("init, killed before each of its programs")
    func initialisation() async throws {
        let folder = try CertsFolder()
        try await killEverywhere(folder) { _ in
            ["init"]
        } after: { _ in
            try await folder.expect(0, ["init"])
            try await folder.expect(0, ["client", "alice"])
            try await folder.audit()
            try FileManager.default.removeItem(at: folder.url)
        }
    }

    @Test("client, killed before each of its programs")
    func client() async throws {
        let folder = try await CertsFolder.initialised()
        var users: Set<String> = []
        try await killEverywhere(folder) { point in
            ["client", "u\(point)"]
        } after: { point in
            try await folder.expect(0, ["client", "u\(point)"])
            users.insert("u\(point)/default")
        }
        try await folder.audit()
        #expect(try await folder.list().certificates.filter { users.contains($0.identity) }.count == users.count)
    }

    @Test("renew and revoke, killed before each of their programs")
    func renewAndRevoke() async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice"])
        let key = try folder.contents("alice/default.key")
        try await killEverywhere(folder) { _ in
            ["renew", "alice", "--revoke"]
        } after: { _ in
            try await folder.expect(0, ["client", "alice"])
        }
        try await folder.audit()
        #expect(try folder.contents("alice/default.key") == key)
        try await killEverywhere(folder) { _ in
            ["revoke", "alice"]
        } after: { _ in
            try await folder.expect(0, ["client", "alice"])
        }
        try await folder.audit()
    }

    @Test("client, killed at random moments")
    func moments() async throws {
        let folder = try await CertsFolder.initialised()
        for point in 0..<(CertsFolder.isFull ? 200 : 5) {
            let line =
                "\"$0\" client u\(point) & sleep 0.\(String(format: "%03d", Int.random(in: 0..<350))); kill -9 $!; wait"
            _ = try await Command.run(
                "bash", ["-c", line, CertsFolder.script], environment: ["CONCLAVE_CERTS": folder.url.path])
            try await folder.expect(0, ["client", "u\(point)"])
        }
        try await folder.audit()
    }

    @Test("init, stopped by a signal, says so and leaves nothing", arguments: ["TERM", "INT", "HUP"])
    func signals(signal: String) async throws {
        let folder = try CertsFolder()
        let killer = try await Killer(in: folder.parent)
        let run = try await killer.run(["init"], in: folder, killedBefore: 12, signal: signal)
        #expect(run.status > 128, "\(run.status)")
        #expect(run.errors.contains("Nothing has changed"), "\(run.errors)")
        #expect(try folder.modes() == ["": 0o700])
        try await folder.expect(0, ["init"])
        try await folder.audit()
    }

    @Test("a disk that fills up is named, and nothing has changed")
    func fullDisk() async throws {
        let folder = try CertsFolder()
        let line = """
            mount -t tmpfs -o size=256k none "$1" || exit 99
            export CONCLAVE_CERTS=$1/certs
            "$0" init >/dev/null || exit 98
            find "$1" -type f | sort | xargs sha256sum >"$2/before"
            { cat /dev/zero >"$1/filler"; } 2>/dev/null
            "$0" client alice; echo $?
            "$0" list >/dev/null; echo $?
            rm "$1/filler"
            find "$1" -type f | sort | xargs sha256sum | cmp - "$2/before" && echo same
            "$0" client alice >/dev/null; echo $?
            """
        try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: false)
        let run = try await Command.run(
            "unshare", ["-rm", "bash", "-c", line, CertsFolder.script, folder.url.path, folder.parent.path])
        // Where no file system may be mounted, even in a namespace, there is no small disk to fill.
        if run.status == 99 || run.errors.contains("unshare") { return }
        #expect(run.output == "74\n0\nsame\n0\n", "\(run.output)\(run.errors)")
        #expect(run.errors.contains("make some room") && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }
}

/// Runs the script with programs that count themselves and kill it before the Nth.
private struct Killer {
    let folder: URL

    init(in parent: URL) async throws {
        folder = parent.appending(path: "killer")
        let made = try await Command.run("bash", ["-ec", Self.making, "bash", folder.path])
        #expect(made.status == 0, "\(made.errors)")
    }

    func run(_ arguments: [String], in certs: CertsFolder, killedBefore point: Int, signal: String = "KILL")
        async throws
        -> Command
    {
        try await Command.run(
            "bash", ["-c", Self.running, "bash", CertsFolder.script] + arguments,
            environment: [
                "CONCLAVE_CERTS": certs.url.path, "KILLER": folder.path, "POINT": String(point), "SIGNAL": signal,
            ])
    }

    private static let making = #"""
        mkdir -p "$1"
        for program in openssl sync mv cp rm rmdir mkdir find flock date dirname sed grep cmp stat chmod; do
            path=$(command -v "$program")
            printf '#!/bin/bash\nPATH=${PATH#*:}\n%s\nexec %s "$@"\n' '
            echo >>"$KILLER/count"
            if [[ $(wc -l <"$KILLER/count") == "$POINT" ]]; then kill "-$SIGNAL" "$(<"$KILLER/victim")"; sleep 0.05; fi
            ' "$path" >"$1/$program"
            chmod +x "$1/$program"
        done
        """#

    private static let running = #"""
        rm -f "$KILLER/count"
        PATH=$KILLER:$PATH bash -c 'echo $$ >"$KILLER/victim"; exec "$@"' bash "$@"
        """#
}
