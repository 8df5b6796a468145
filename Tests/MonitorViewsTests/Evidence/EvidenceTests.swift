import TLSMonitor
import Testing

@testable import MonitorViews

@Suite("Evidence of a verdict") struct EvidenceTests {
    private func statement(_ talk: inout PageTalk, hidden: (salt: String, digests: [String])?) -> CanonicalJSON {
        let setting = EvidenceStatement.Setting(
            version: "1.2.3", filter: "tcp port 443", capture: CaptureFacts(), made: 1_700_000_000_123_456_789,
            hasKeys: false, hidden: hidden)
        let digest = CaptureDigest(file: "/home/somebody/talk.pcap", sha256: String(repeating: "ab", count: 32))
        return EvidenceStatement(talk.finish(), digests: [digest], setting: setting).json
    }

    @Test("states what the verdict rests on, always in the same bytes")
    func states() throws {
        var talk = PageTalk(markers: ["meet at noon"])
        talk.talk(40_001)
        var again = PageTalk(markers: ["meet at noon"])
        again.talk(40_001)
        let value = statement(&talk, hidden: nil)
        #expect(value.bytes == statement(&again, hidden: nil).bytes)
        #expect(value["format"]?.text == "tlsmon evidence 1")
        #expect(value["verdict"]?.text == "proven")
        #expect(value["made"]?.text == "2023-11-14T22:13:20.123456789Z")
        #expect(value["filter"]?.text == "tcp port 443")
        #expect(value["captures"]?.list?.first?["file"]?.text == "talk.pcap")
        #expect(value["markers"]?["texts"]?.list == [.text("meet at noon")])
        #expect(value["connections"]?["listed"]?.list?.first?["server_name"]?.text == "chat.test")
        let ledger = try #require(value["ledger"])
        let sum = ["handshake", "ccs", "alert", "protected", "unaccounted"].reduce(0) { $0 + (ledger[$1]?.number ?? 0) }
        #expect(sum == value["payload"]?.number)
        #expect(String(decoding: value.bytes, as: UTF8.self).hasPrefix(EvidenceFile.beginning))
    }

    @Test(
        "markers stay secret unless they are to be named, also where they were found",
        arguments: [
            "a secret of ours",
            "a secret that is much longer than what is quoted of it, and so is cut off at some place \"<",
        ])
    func secret(marker: String) {
        var talk = PageTalk(markers: [marker])
        talk.talk(40_001)
        talk.send(40_001, fromClient: true, Array("text, and in it \(marker)!".utf8))
        let value = statement(&talk, hidden: (salt: "00", digests: ["11"]))
        let text = String(decoding: value.bytes, as: UTF8.self)
        #expect(value["verdict"]?.text == "refuted")
        #expect(value["markers"]?["hits"]?.number == 1)
        #expect(value["markers"]?["sha256"]?.list == [.text("11")])
        #expect(!text.contains(marker.prefix(16)))
        #expect(text.contains("[marker 1]"))
        for start in marker.indices.dropLast(Marker.shortest) {
            #expect(!text.contains(marker[start...].prefix(2 * Marker.shortest)))
        }
    }

    @Test("a file is its statement and its seal, and nothing else")
    func files() throws {
        var talk = PageTalk()
        talk.talk(40_001)
        let seal = EvidenceSeal(algorithm: .ed25519, key: "ab", signature: "AA==", certificate: nil)
        let file = EvidenceFile(statement: statement(&talk, hidden: nil), seal: seal)
        #expect(EvidenceFile(file.bytes) == file)
        #expect(EvidenceFile(file.signedBytes)?.seal == nil)
        #expect(file.bytes.starts(with: file.signedBytes))
        #expect(EvidenceFile(Array(file.bytes.dropLast())) == nil)
        #expect(EvidenceFile(file.bytes + [0x0A]) == nil)
        #expect(EvidenceFile(file.bytes + file.bytes) == nil)
        #expect(EvidenceFile(Array("{\"format\":\"tlsmon evidence 2\"}\n".utf8)) == nil)
        #expect(EvidenceFile([]) == nil)
        let other = file.signedBytes + Array("{\"algorithm\":\"none\",\"key\":\"ab\",\"signature\":\"AA==\"}\n".utf8)
        #expect(EvidenceFile(other) == nil)
        let more = Array("{\"algorithm\":\"ed25519\",\"key\":\"ab\",\"signature\":\"AA==\",\"words\":\"\"}\n".utf8)
        #expect(EvidenceFile(file.signedBytes + more) == nil)
    }

    @Test("what it says to a person does nothing to a terminal")
    func harmless() {
        let value = CanonicalJSON.object(["verdict": .text("proven\u{1B}[2J\u{202E}"), "filter": .text("a\nb")])
        let lines = EvidenceSummary(value).lines.map(\.1).joined()
        #expect(!lines.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
    }
}
