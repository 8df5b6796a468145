import TLSMonitor
import Testing

@testable import MonitorViews

@Suite("Fields, as tshark has them")
struct RecordFieldsTests {
    private func lines(
        _ names: [String], separator: UInt8 = 9, name: [UInt8] = Array("chat.test".utf8)
    ) throws -> [String] {
        var traffic = Traffic()
        traffic.talk(name: name)
        var fields = try RecordFields(names, separator: separator)
        var bytes: [UInt8] = []
        for event in traffic.events() { fields.write(event, to: &bytes) }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    @Test("a line is a record, a tab between the fields, commas in them")
    func manner() throws {
        let lines = try lines(["frame", "dir", "type", "len", "suites", "msgs"])
        #expect(lines.count == 8)
        #expect(lines[0] == "4\tc2s\t22\t173\t1302,1301\tClientHello")
        #expect(lines[2] == "5\ts2c\t20\t1\t\t")
    }

    @Test("tshark's names give what tshark gives")
    func tshark() throws {
        let names = [
            "frame.number", "ip.src", "ipv6.src", "tcp.srcport", "tcp.stream", "tls.record.content_type",
            "tls.record.opaque_type", "tls.record.version", "tls.handshake.type", "tls.handshake.ciphersuite",
            "tls.handshake.extensions_server_name",
        ]
        let lines = try lines(names)
        #expect(lines[0] == "4\t192.0.2.1\t\t50000\t0\t22\t\t0x0301\t1\t0x1302,0x1301\tchat.test")
        #expect(lines[1] == "5\t192.0.2.2\t\t8443\t0\t22\t\t0x0303\t2\t0x1302\t")
        #expect(lines[3] == "5\t192.0.2.2\t\t8443\t0\t\t23\t0x0303\t\t\t")
    }

    @Test("a record of which a part is missing has a line if somebody asks how much came", arguments: [false, true])
    func partial(asks: Bool) throws {
        var traffic = Traffic()
        traffic.talk()
        traffic.send(.serverToClient, Array(Traffic.ciphertext(300).prefix(105)))
        traffic.close()
        var fields = try RecordFields(asks ? ["len", "seen"] : ["len"])
        var bytes: [UInt8] = []
        for event in traffic.events() + traffic.finish().events { fields.write(event, to: &bytes) }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == (asks ? 9 : 8))
        #expect(lines.contains("300\t100") == asks)
    }

    @Test("another separator, and a header")
    func separator() throws {
        #expect(try lines(["n", "off"], separator: UInt8(ascii: ";"))[0] == "1;0")
        #expect(try String(decoding: RecordFields(["n", "off"]).header, as: UTF8.self) == "n\toff\n")
    }

    @Test("hostile text stays in its field")
    func hostile() throws {
        #expect(try lines(["sni", "n"], name: Array("a\tb\nc\\\u{1B}".utf8))[0] == #"a\tb\nc\\\x1b"# + "\t1")
        #expect(try lines(["sni"], name: [0x61, 0xFF])[0] == #"a\xff"#)
        #expect(try lines(["sni"], name: Array("\u{202E}".utf8))[0] == #"\u202e"#)
    }

    @Test(
        "a name that is none is refused, with the nearest",
        arguments: [
            ("frame.numbr", "frame.number"), ("snii", "sni"), ("tls.handshake.ja4x", "tls.handshake.ja4"),
            ("extensions_server_name", "tls.handshake.extensions_server_name"),
        ])
    func unknown(name: String, nearest: String) {
        #expect(throws: RecordFields.UnknownField(name: name, nearest: nearest)) { try RecordFields([name]) }
    }

    @Test("a name that is nothing like one is refused without a guess")
    func strange() {
        #expect(throws: RecordFields.UnknownField(name: "zzzzqqqq", nearest: nil)) { try RecordFields(["zzzzqqqq"]) }
    }

    @Test("every field is listed with its meaning, and can be asked for")
    func help() throws {
        let names = RecordFields.help.compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(names.count > 70 && Set(names).count == names.count)
        #expect(try lines(names).count == 8)
        #expect(RecordFields.help.allSatisfy { $0.split(separator: " ").count > 1 || $0.contains("  ") })
    }
}
