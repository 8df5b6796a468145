import Foundation
import Testing

/// What `tlsmon read -T json` writes, record by record against what tshark 4.0 saw in the same captures.
@Suite(
    "Captures of others through the program",
    .enabled(if: Vectors.mayRun, "there are no captures in ../shared/vectors/tls"))
struct VectorProgramTests {
    private typealias Object = [String: Any]

    private func objects(_ text: String) throws -> [Object] {
        try text.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? Object, "\(line)")
        }
    }

    private func truth(_ url: URL) throws -> [Object] {
        try objects(try String(contentsOfFile: url.path + ".records.jsonl", encoding: .utf8))
    }

    /// The key log opens those whose names begin like this, as tshark opened them for the truth.
    private func keys(_ url: URL) -> [String] {
        guard url.lastPathComponent.hasPrefix("tls1.") else { return [] }
        return ["-o", "tls.keylog_file:" + Vectors.folder.appendingPathComponent("ssldump.keylog").path]
    }

    /// Whole records: tshark does not tell of others.
    private func records(_ url: URL) throws -> [Object] {
        let outcome = try Program.run(["read", "-r", url.path, "-T", "json"] + keys(url))
        #expect(outcome.status < 2, "\(outcome.errors)")
        return try objects(outcome.output).filter { $0["t"] as? String == "record" && $0["seen"] == nil }
    }

    /// What both say of a record, in one writing.
    private struct Line: Hashable {
        var frame, source, port, type, version, length, messages: String
        var name, ja3, ja3s, suite, chosen, group, alert: String?

        init(ours: Object) {
            func text(_ key: String) -> String? { ours[key].map { "\($0)" } }
            (frame, source, port) = ("\(ours["frame"] ?? "")", "\(ours["src"] ?? "")", "\(ours["sport"] ?? "")")
            (type, version, length) = ("\(ours["type"] ?? "")", "0x\(ours["ver"] ?? "")", "\(ours["len"] ?? "")")
            messages = "\(ours["hs"] as? [Int] ?? [])"
            (name, ja3, ja3s) = (text("sni"), text("ja3"), text("ja3s"))
            (suite, chosen) = (text("cipher").map { "0x\($0)" }, text("sver").map { "0x\($0)" })
            (group, alert) = (text("group"), text("alert"))
        }

        init(tshark: Object) {
            func text(_ key: String) -> String? { tshark[key].flatMap { $0 is NSNull ? nil : "\($0)" } }
            (frame, source, port) = ("\(tshark["frame"] ?? "")", "\(tshark["src"] ?? "")", "\(tshark["sport"] ?? "")")
            (type, version, length) =
                ("\(tshark["outer"] ?? "")", "\(tshark["ver"] ?? "")", "\(tshark["len"] ?? "")")
            messages = "\(tshark["hs"] as? [Int] ?? [])"
            (name, ja3, ja3s) = (text("sni"), text("ja3"), text("ja3s"))
            (suite, chosen, group, alert) = (text("cipher"), text("sver"), text("group"), text("alert"))
        }
    }

    /// tshark and the fingerprints' author tell of tunnels what is no JA4.
    private static let tunnels = ["https-connect.pcap", "socks4-https.pcap"]

    @Test(
        "every record is as tshark has it: place, sender, type, version, length, messages, hellos",
        arguments: Vectors.captures)
    func records(url: URL) throws {
        let (ours, theirs) = (try records(url), try truth(url))
        #expect(ours.count == theirs.count)
        for (our, their) in zip(ours, theirs) {
            #expect(Line(ours: our) == Line(tshark: their))
        }
    }

    @Test("with the keys the inner types are as tshark has them", arguments: Vectors.captures)
    func inner(url: URL) throws {
        guard !keys(url).isEmpty else { return }
        var opened = 0
        for (our, their) in zip(try records(url), try truth(url)) {
            // Before TLS 1.3 the inner type is the outer one, and tshark tells it once.
            let type = their["inner"] as? Int ?? our["type"] as? Int
            guard our["class"] as? String == "protected" else { continue }
            #expect(our["auth"] as? Bool == true && our["inner"] as? Int == type)
            opened += 1
        }
        #expect(opened > 0)
    }

    @Test(
        "what tshark calls an encrypted handshake message is encrypted, or a part of one in the clear",
        arguments: Vectors.captures)
    func encryptedHandshake(url: URL) throws {
        for (our, their) in zip(try records(url), try truth(url)) where their["enc_hs"] as? Bool == true {
            // tshark says the same of the later parts of a Certificate in the clear, which are no more than parts.
            let isPart = our["class"] as? String == "handshake" && our["hs"] == nil
            #expect(our["class"] as? String == "protected" || isPart)
        }
    }

    @Test(
        "hellos have the JA4 that its author gives them, hashed and not, sorted and as they are",
        arguments: Vectors.captures.filter {
            !tunnels.contains($0.lastPathComponent) && FileManager.default.fileExists(atPath: $0.path + ".ja4.json")
        })
    func ja4(url: URL) throws {
        var found: Set<[String]> = []
        for record in try records(url) {
            guard let port = record["sport"] as? Int, record["ja4"] != nil else { continue }
            found.insert(["\(port)"] + ["ja4", "ja4_r", "ja4_o", "ja4_ro"].map { "\(record[$0] ?? "")" })
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: url.path + ".ja4.json"))
        let rows = try #require(try JSONSerialization.jsonObject(with: data) as? [Object])
        var count = 0
        for row in rows {
            guard let port = row["srcport"] as? String else { continue }
            for number in 1...9 {
                let names = ["JA4", "JA4_r", "JA4_o", "JA4_ro"]
                let values = names.compactMap { row["\($0).\(number)"] as? String }
                // QUIC's begin with q: that is UDP.
                guard values.count == names.count, values[0].hasPrefix("t") else { continue }
                #expect(found.contains([port] + values), "\(values[0])")
                count += 1
            }
        }
        #expect(count > 0)
    }

    @Test("fields give what the same fields of tshark give", arguments: Vectors.captures)
    func fields(url: URL) throws {
        let names = ["frame.number", "tls.record.version", "tls.record.length", "tls.handshake.extensions_server_name"]
        let outcome = try Program.run(
            ["read", "-r", url.path, "-T", "fields", "-e", "seen"] + names.flatMap { ["-e", $0] })
        let lines = outcome.output.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        let whole = lines.filter { $0.count == 5 && $0[0] == $0[3] }.map { Array($0.dropFirst()) }
        let expected = try truth(url).map { record in
            ["frame", "ver", "len", "sni"].map { record[$0].map { "\($0)" } ?? "" }
        }
        #expect(whole == expected)
    }
}
