import Foundation
import Testing

@Suite("an audit log that somebody has changed", .enabled(if: Installation.isComplete, Installation.comment))
struct AuditTamperTests {
    /// The folder of a server that has run and was stopped, and a checkpoint that was taken while it ran.
    fileprivate struct Scene {
        let scratch: Scratch
        let data: String
        let checkpoint: String
        let last: Int

        init() async throws {
            scratch = try Scratch()
            data = scratch.path + "/data"
            checkpoint = scratch.path + "/checkpoint"
            let server = try await Server(certificates: try await Certificates.shared().folder, data: data)
            for _ in 0..<2 { _ = try await Stranger.pair(in: "room\(Int.random(in: 0..<1 << 40))", of: server) }
            server.program.signal(SIGTERM)
            #expect(try await server.program.status() == 0)
            let export = try Program(
                [Installation.server, "audit", "export", "--checkpoint", checkpoint, "--data", data], in: scratch)
            #expect(try await export.status() == 0, "\(export.errors)")
            let list = try Program(
                [Installation.server, "audit", "list", "--json", "--limit", "1", "--data", data], in: scratch)
            #expect(try await list.status() == 0)
            last = try #require(try list.objects.first?["record"] as? Int)
            try #require(last > 8)
        }

        /// Changes the database as somebody would who has the file.
        func change(_ python: String) async throws {
            let script = """
                import hashlib, sqlite3, subprocess, sys, base64
                db = sqlite3.connect(sys.argv[1] + "/conclave.db")
                # What docs/audit.md says about the chain and the signatures.
                def rehash():
                    head = bytes(32)
                    for number, event in db.execute("SELECT number, event FROM audit ORDER BY number").fetchall():
                        head = hashlib.sha256(b"conclave audit 1" + head + number.to_bytes(8, "big") + event).digest()
                        db.execute("UPDATE audit SET hash = ? WHERE number = ?", (head, number))
                def sign_anew():
                    for size, text in db.execute("SELECT size, statement FROM audit_checkpoints").fetchall():
                        head = db.execute("SELECT hash FROM audit WHERE number = ?", (size,)).fetchone()[0]
                        lines = text.split("\\n")
                        lines[2] = "head " + head.hex()
                        signed = "\\n".join(lines[:6]) + "\\n"
                        signature = subprocess.run(
                            ["openssl", "dgst", "-sha256", "-sign", sys.argv[1] + "/audit-key.pem"],
                            input=signed.encode(), capture_output=True, check=True).stdout
                        text = signed + "signature " + base64.b64encode(signature).decode() + "\\n"
                        db.execute("UPDATE audit_checkpoints SET statement = ? WHERE size = ?", (text, size))
                def edit(number):
                    event = db.execute("SELECT event FROM audit WHERE number = ?", (number,)).fetchone()[0]
                    # alice becomes alicf.
                    changed = event.replace(b"alice", b"alicf")
                    assert changed != event
                    db.execute("UPDATE audit SET event = ? WHERE number = ?", (changed, number))
                \(python)
                db.commit()
                """
            let program = try Program(["python3", "-c", script, data], in: scratch)
            #expect(try await program.status() == 0, "\(program.errors)")
        }

        func verify(_ arguments: [String] = [], status: Int32) async throws -> String {
            let program = try Program(
                [Installation.server, "audit", "verify", "--data", data] + arguments, in: scratch)
            #expect(try await program.status() == status, "\(program.output) \(program.errors)")
            return program.output
        }
    }

    @Test("is found out: a record that was edited, deleted or moved, and which")
    func simple() async throws {
        let scene = try await Scene()
        #expect(try await scene.verify(["--checkpoint", scene.checkpoint], status: 0).contains("intact: nothing"))
        let whole = try Data(contentsOf: URL(fileURLWithPath: scene.data + "/conclave.db"))
        for (change, words) in [
            ("edit(2)", "record 2 was changed"),
            ("db.execute('DELETE FROM audit WHERE number = 5')", "record 5 is missing"),
            ("db.execute('DELETE FROM audit WHERE number BETWEEN 3 AND 6')", "records 3–6 are missing"),
            (
                """
                a, b = [db.execute("SELECT event, hash FROM audit WHERE number = ?", (n,)).fetchone() for n in (4, 5)]
                for n, row in ((4, b), (5, a)): db.execute("UPDATE audit SET event = ?, hash = ? WHERE number = ?", row + (n,))
                """, "records 4–6 were changed, moved or put in"
            ),
            ("db.execute('DELETE FROM audit WHERE number > 6')", "the log ends with record 6"),
        ] {
            try await scene.change(change)
            let said = try await scene.verify(status: 1)
            #expect(said.contains(words), "\(said)")
            #expect(said.contains("NOT intact"))
            try whole.write(to: URL(fileURLWithPath: scene.data + "/conclave.db"))
        }
        #expect(try await scene.verify(status: 0).contains("intact: nothing"))
    }

    @Test("is found out by the stored checkpoints, if all was hashed anew without the key")
    func hashedAnew() async throws {
        let scene = try await Scene()
        try await scene.change("edit(2); rehash()")
        let said = try await scene.verify(status: 1)
        #expect(said.contains("were rewritten: the checkpoint of "), "\(said)")
    }

    @Test("is found out by one checkpoint that was kept elsewhere, also if the key was stolen and all was signed anew")
    func signedAnew() async throws {
        let scene = try await Scene()
        try await scene.change("edit(2); rehash(); sign_anew()")
        #expect(try await scene.verify(status: 0).contains("intact"), "with the key, nothing in the folder tells")
        let said = try await scene.verify(["--checkpoint", scene.checkpoint], status: 1)
        #expect(
            said.contains("one or more of the records 1–\(scene.last) were rewritten: the given checkpoint"), "\(said)")
    }

    @Test(
        "is found out by one checkpoint that was kept elsewhere, if its end was cut off with the checkpoints about it")
    func cutOff() async throws {
        let scene = try await Scene()
        try await scene.change(
            "db.execute('DELETE FROM audit WHERE number > 6'); db.execute('DELETE FROM audit_checkpoints WHERE size > 6')"
        )
        _ = try await scene.verify(status: 0)
        let said = try await scene.verify(["--checkpoint", scene.checkpoint], status: 1)
        #expect(said.contains("the log ends with record 6, and the given checkpoint"), "\(said)")
    }

    @Test("a checkpoint can be verified without this program, with openssl")
    func openssl() async throws {
        let scene = try await Scene()
        let program = try Program(
            [
                "bash", "-c",
                """
                sed '$d' checkpoint > signed && sed -n 's/^signature //p' checkpoint | base64 -d > signature &&
                openssl dgst -sha256 -verify data/audit-public.pem -signature signature signed
                """,
            ], in: scene.scratch)
        #expect(try await program.status() == 0, "\(program.output) \(program.errors)")
        #expect(program.output.contains("Verified OK"))
        let mode = try FileManager.default.attributesOfItem(atPath: scene.data + "/audit-key.pem")[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    @Test(
        "goes on with a new key if the key is lost, says so, and is verified with both; a key that is none stops the start"
    )
    func lostKey() async throws {
        let scene = try await Scene()
        let key = scene.data + "/audit-key.pem"
        try FileManager.default.removeItem(atPath: key)
        let certificates = try await Certificates.shared().folder
        let server = try await Server(certificates: certificates, data: scene.data)
        server.program.signal(SIGTERM)
        #expect(try await server.program.status() == 0)
        #expect(server.log.contains("there was no audit-key.pem: the audit log goes on with a new key"))
        #expect(
            try await scene.verify(status: 1).contains("if it is a former key of this server, give it by --key as well")
        )
        let former = try #require(
            try FileManager.default.contentsOfDirectory(atPath: scene.data).first { $0.hasPrefix("audit-public-") })
        let both = ["--key", scene.data + "/audit-public.pem", "--key", scene.data + "/" + former]
        #expect(
            try await scene.verify(both + ["--checkpoint", scene.checkpoint], status: 0).contains("intact: nothing"))
        let list = try Program(
            [Installation.server, "audit", "list", "--event", "audit-key", "--data", scene.data], in: scene.scratch)
        #expect(try await list.status() == 0)
        #expect(list.output.contains("audit-key.pem was missing"))

        // In its place, so that its mode stays.
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: key))
        let (status, words) = try await Server.fail(
            Server.command(certificates, data: scene.data, port: 0), in: scene.scratch)
        #expect(status == 78)
        #expect(words.contains("\(key) holds no private key over P-256; put it back from a backup"), "\(words)")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
        let open = try await Server.fail(
            Server.command(certificates, data: scene.data, port: 0), in: scene.scratch)
        #expect(open.status == 77)
        #expect(
            open.words.contains("\(key) can be read by others than its owner; run chmod 600 on it"), "\(open.words)")
    }

    @Test("every error says what happened and what to do")
    func errors() async throws {
        let scene = try await Scene()
        func fail(_ arguments: [String], _ status: Int32, _ words: String) async throws {
            let program = try Program([Installation.server, "audit"] + arguments, in: scene.scratch)
            #expect(try await program.status() == status, "\(arguments): \(program.errors)")
            #expect(program.errors.contains(words), "\(arguments): \(program.errors)")
        }
        try await fail(["list", "--data", "nowhere"], 66, "name the server's folder with --data")
        try await fail(["list", "--data", "data", "--event", "conected"], 64, "did you mean connected?")
        try await fail(["list", "--data", "data", "--since", "soon"], 64, "write how long ago (45s, 30m, 2h, 7d, 2w)")
        try await fail(["verify", "--data", "data", "--checkpoint", "none"], 66, "audit export --checkpoint none")
        try await fail(["verify", "--data", "data", "--checkpoint", "data/audit-public.pem"], 78, "is no checkpoint")
        try await fail(["verify", "--data", "data", "--key", "checkpoint"], 78, "holds no public key")
        try await fail(["export", "--data", "data", "--checkpoint", "checkpoint"], 64, "replace it with --force")
        let other = try Scene.otherKey(in: scene.scratch)
        _ = try await other.status()
        let said = try await scene.verify(["--key", scene.scratch.path + "/other.pem"], status: 1)
        #expect(said.contains("which is not known here"), "\(said)")
    }
}

extension AuditTamperTests.Scene {
    fileprivate static func otherKey(in scratch: Scratch) throws -> Program {
        try Program(
            [
                "bash", "-c",
                "openssl ecparam -name prime256v1 -genkey -noout -out o.key && openssl ec -in o.key -pubout -out other.pem",
            ], in: scratch)
    }
}
