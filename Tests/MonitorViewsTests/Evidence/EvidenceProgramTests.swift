import Foundation
import Testing

/// Keys and certificates of all kinds, made by openssl, and evidence signed with them.
private struct Signers {
    let folder: Folder
    static let openssl = TLSMonProgram.find("openssl")

    init() throws {
        folder = try Folder()
        var talk = PageTalk()
        talk.talk(40_001)
        try folder.write(talk.pcap, to: "talk.pcap")
        talk.talk(40_002)
        try folder.write(talk.pcap, to: "other.pcap")
        for (name, kind) in [
            ("p256", ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
            ("p384", ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
            ("ed25519", ["ED25519"]), ("stranger", ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ] {
            try make(["genpkey", "-algorithm"] + kind + ["-out", "\(name).key"])
            try make([
                "req", "-new", "-x509", "-key", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=\(name)", "-days",
                "2",
            ])
            try make(["pkey", "-in", "\(name).key", "-pubout", "-out", "\(name).pub"])
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: "\(folder.path)/\(name).key")
        }
    }

    @discardableResult
    func make(_ arguments: [String]) throws -> String {
        let outcome = try TLSMonProgram.run(arguments, program: try #require(Self.openssl), in: folder)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    func prove(_ arguments: [String]) throws -> TLSMonProgram.Outcome {
        try TLSMonProgram.run(
            ["prove", "-r", "talk.pcap", "-q", "--evidence", "evidence.json"] + arguments, in: folder)
    }

    func verify(_ arguments: [String], file: String = "evidence.json") throws -> TLSMonProgram.Outcome {
        try TLSMonProgram.run(["verify-evidence", file] + arguments, in: folder)
    }
}

@Suite("Signed evidence", .enabled(if: Signers.openssl != nil, "there is no openssl to make keys with"))
struct EvidenceProgramTests {
    @Test("is valid for its signer and its capture, with every kind of key", arguments: ["p256", "p384", "ed25519"])
    func valid(name: String) throws {
        let signers = try Signers()
        let proof = try signers.prove(["--sign", "\(name).key", "--cert", "\(name).pem", "--marker", "meet at noon"])
        #expect(proof.status == 0, "\(proof.errors)")
        #expect(try signers.folder.mode(of: "evidence.json") == 0o600)
        for trust in [["--cert", "\(name).pem"], ["--key", "\(name).pub"]] {
            let outcome = try signers.verify(trust + ["talk.pcap"])
            #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
            #expect(outcome.output.hasPrefix("VALID"))
            #expect(outcome.output.contains("proven: only handshakes and ciphertext"))
            #expect(outcome.output.contains("talk.pcap is the file in it"))
        }
        #expect(try signers.verify(["--key", "\(name).pub"]).output.contains("not compared: talk.pcap"))
        #expect(!String(decoding: try signers.folder.read("evidence.json"), as: UTF8.self).contains("meet at noon"))
    }

    @Test("openssl alone can verify it")
    func byHand() throws {
        let signers = try Signers()
        #expect(try signers.prove(["--sign", "p256.key"]).status == 0)
        let lines = try signers.folder.read("evidence.json").split(separator: 0x0A)
        try signers.folder.write(Array(lines[0]) + [0x0A], to: "statement")
        let seal = try #require(try JSONSerialization.jsonObject(with: Data(lines[1])) as? [String: String])
        let signature = try #require(Data(base64Encoded: seal["signature"] ?? ""))
        try signers.folder.write(Array(signature), to: "signature")
        let verify = ["dgst", "-sha256", "-verify", "p256.pub", "-signature", "signature", "statement"]
        #expect(try signers.make(verify) == "Verified OK\n")
        let statement = try #require(try JSONSerialization.jsonObject(with: Data(lines[0])) as? [String: Any])
        #expect(statement["verdict"] as? String == "proven")
    }

    @Test("of another signer, or of nobody, is not valid")
    func signers() throws {
        let signers = try Signers()
        #expect(try signers.prove(["--sign", "p256.key", "--cert", "p256.pem"]).status == 0)
        for trust in [["--cert", "stranger.pem"], ["--key", "stranger.pub"], ["--key", "ed25519.pub"]] {
            let outcome = try signers.verify(trust)
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("signed by another key"))
        }
        #expect(try signers.verify([]).status == 3)
        #expect(try signers.verify(["--cert", "p256.pem", "--key", "p256.pub"]).status == 3)
        let bytes = try signers.folder.read("evidence.json")
        try signers.folder.write(Array(bytes.prefix { $0 != 0x0A }) + [0x0A], to: "unsigned.json")
        let unsigned = try signers.verify(["--key", "p256.pub"], file: "unsigned.json")
        #expect(unsigned.status == 1)
        #expect(unsigned.output.contains("is not signed"))
        // Somebody else's signature under this key's name.
        #expect(try signers.prove(["--sign", "stranger.key"]).status == 0)
        let text = String(decoding: bytes, as: UTF8.self)
        let other = String(decoding: try signers.folder.read("evidence.json"), as: UTF8.self)
        let key = try #require(text.firstMatch(of: /"key":"([0-9a-f]{64})"/)).output.1
        let theirs = try #require(other.firstMatch(of: /"key":"([0-9a-f]{64})"/)).output.1
        let forged = other.replacing(theirs, with: key)
        #expect(forged != other)
        try signers.folder.write(Array(forged.utf8), to: "forged.json")
        let forgery = try signers.verify(["--key", "p256.pub"], file: "forged.json")
        #expect(forgery.status == 1)
        #expect(forgery.output.contains("the signature does not fit"))
    }

    @Test("is not valid after any change")
    func changes() throws {
        let signers = try Signers()
        #expect(try signers.prove(["--sign", "p256.key", "--cert", "p256.pem"]).status == 0)
        let bytes = try signers.folder.read("evidence.json")
        let text = String(decoding: bytes, as: UTF8.self)
        var changed = [
            "\"verdict\":\"proven\"": "\"verdict\":\"refuted\"", "\"unaccounted\":0": "\"unaccounted\":1",
            "talk.pcap": "tale.pcap", "\"filter\":\"\"": "\"filter\":\"tcp\"", "{\"captures\"": "{ \"captures\"",
        ].map { Array(text.replacing($0.key, with: $0.value).utf8) }
        #expect(!changed.contains(bytes))
        // And a bit here and there, in the signature too; the certificate is not signed.
        let start = try #require(text.range(of: "\"certificate\":\""))
        let end = try #require(text.range(of: "\"", range: start.upperBound..<text.endIndex))
        let free =
            text.utf8.distance(
                from: text.startIndex, to: start.upperBound)..<text.utf8.distance(
                from: text.startIndex, to: end.lowerBound)
        for place in stride(from: 0, to: bytes.count, by: 61) where !free.contains(place) {
            var copy = bytes
            copy[place] ^= 1
            changed.append(copy)
        }
        changed += [bytes + bytes, Array(bytes.dropLast(3)), []]
        for (number, copy) in changed.enumerated() {
            try signers.folder.write(copy, to: "changed.json")
            let outcome = try signers.verify(["--cert", "p256.pem"], file: "changed.json")
            #expect(outcome.status == 1, "\(number)")
            #expect(outcome.output.hasPrefix("NOT VALID"), "\(number)")
        }
    }

    @Test("names its capture: another one is refused")
    func captures() throws {
        let signers = try Signers()
        #expect(try signers.prove(["--sign", "p256.key"]).status == 0)
        let outcome = try signers.verify(["--key", "p256.pub", "other.pcap"])
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("other.pcap is none of the captures"))
        #expect(try signers.verify(["--key", "p256.pub", "talk.pcap", "talk.pcap"]).status == 1)
        #expect(try signers.verify(["--key", "p256.pub", "missing.pcap"]).status == 3)
    }

    @Test("a key that others can read, a certificate of another key, and what is no key are refused, with a way out")
    func keys() throws {
        let signers = try Signers()
        let path = "\(signers.folder.path)/p256.key"
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        let open = try signers.prove(["--sign", "p256.key"])
        #expect(open.status == 3)
        #expect(open.errors.contains("chmod 600 p256.key"))
        let stranger = try signers.prove(["--sign", "stranger.key", "--cert", "p256.pem"])
        #expect(stranger.status == 3)
        #expect(stranger.errors.contains("belongs to another key"))
        #expect(try signers.prove(["--sign", "talk.pcap"]).status == 3)
        #expect(try signers.prove(["--sign", "nothing.key"]).status == 3)
        #expect(try TLSMonProgram.run(["prove", "talk.pcap", "--sign", "ed25519.key"], in: signers.folder).status == 3)
        #expect(!(try signers.folder.names.contains("evidence.json")))
    }

    @Test("replaces evidence, and nothing else")
    func replaces() throws {
        let signers = try Signers()
        #expect(try signers.prove([]).status == 0)
        #expect(try signers.prove(["--sign", "p256.key"]).status == 0)
        let before = try signers.folder.read("other.pcap")
        let outcome = try TLSMonProgram.run(["prove", "talk.pcap", "--evidence", "other.pcap"], in: signers.folder)
        #expect(outcome.status == 3)
        #expect(try signers.folder.read("other.pcap") == before)
    }

    @Test("names the markers only if it is told to")
    func markers() throws {
        let signers = try Signers()
        #expect(try signers.prove(["--marker", "meet at noon", "--evidence-markers"]).status == 0)
        #expect(
            String(decoding: try signers.folder.read("evidence.json"), as: UTF8.self).contains("[\"meet at noon\"]"))
    }
}
