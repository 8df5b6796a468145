import Foundation
import MonitorViews
import TLSMonitor
import Testing

@Suite("Events as JSON lines")
struct EventJSONTests {
    private func lines(_ body: (inout Traffic) -> Void) -> [String] {
        var traffic = Traffic()
        body(&traffic)
        traffic.close()
        return Traffic.json(traffic.events() + traffic.finish().events)
    }

    private func records(_ body: (inout Traffic) -> Void) -> [String] {
        lines(body).filter { $0.hasPrefix(#"{"t":"record""#) }
    }

    private func object(_ line: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }

    @Test("a ClientHello has all that it offers")
    func clientHello() throws {
        let line = try #require(records { $0.talk() }.first)
        let start = #"{"t":"record","ts":1700000000.126456789,"uid":""#
        let rest =
            #","flow":1,"frame":4,"src":"192.0.2.1","sport":50000,"dst":"192.0.2.2","dport":8443,"dir":"c2s","n":1,"off":0,"type":22,"ver":"0301","len":"#
        #expect(line.hasPrefix(start))
        #expect(line.contains(rest))
        #expect(
            line.hasSuffix(
                #""versions":["0304"],"suites":["1302","1301"],"groups":[29],"key_shares":[29],"sig_algs":["0403"],"extensions":[0,16,43,10,13,51],"pq":false}"#
            ), "\(line)")
        let hello = try object(line)
        #expect(hello["class"] as? String == "handshake")
        #expect(hello["hs"] as? [Int] == [1])
        #expect(hello["msgs"] as? [String] == ["ClientHello"])
        #expect(hello["sni"] as? String == "chat.test")
        #expect(hello["alpn"] as? [String] == ["h2"])
        #expect(hello["ja3_text"] as? String == "771,4866-4865,0-16-43-10-13-51,29,")
        #expect((hello["ja4"] as? String)?.hasPrefix("t13d0206h2_") == true)
    }

    @Test("a record that ends behind the connection is no record, but a part")
    func partial() throws {
        let lines = lines {
            $0.talk()
            $0.send(.serverToClient, Array(Traffic.ciphertext(300).prefix(105)))
        }
        let parts = lines.filter { $0.hasPrefix(#"{"t":"partial","#) }
        let part = try object(#require(parts.first))
        #expect(parts.count == 1)
        #expect(part["len"] as? Int == 300)
        #expect(part["seen"] as? Int == 100)
        #expect(part["type"] as? Int == 23)
        let whole = lines.filter { $0.hasPrefix(#"{"t":"record","#) }
        #expect(whole.count == 8)
        #expect(!whole.contains { $0.contains(#""seen""#) })
    }

    @Test("a record of SSL 2.0 has no type")
    func oldest() throws {
        let body: [UInt8] = [1, 3, 0, 0, 3, 0, 0, 0, 16, 0, 0, 5] + [UInt8](repeating: 7, count: 16)
        let hello = try object(
            #require(records { $0.send(.clientToServer, [0x80, UInt8(body.count)] + body) }.first))
        #expect(hello["type"] == nil)
        #expect(hello["ver"] as? String == "0002")
        #expect(hello["len"] as? Int == body.count)
        #expect(hello["hs"] as? [Int] == [1])
        #expect(hello["suites"] as? [String] == ["0005"])
    }

    @Test("a ServerHello has what it chooses")
    func serverHello() throws {
        let line = records { $0.talk(group: 0x11EC) }[1]
        let hello = try object(line)
        #expect(hello["dir"] as? String == "s2c")
        #expect(hello["src"] as? String == "192.0.2.2")
        #expect(hello["sport"] as? Int == 8_443)
        #expect(hello["sver"] as? String == "0304")
        #expect(hello["cipher"] as? String == "1302")
        #expect(hello["cipher_name"] as? String == "TLS_AES_256_GCM_SHA384")
        #expect(hello["group"] as? Int == 0x11EC)
        #expect(hello["group_name"] as? String == "X25519MLKEM768")
        #expect(hello["pq"] as? Bool == true)
    }

    @Test("an encrypted record has nothing that is not known")
    func protected() throws {
        let line = records { $0.talk() }[3]
        #expect(
            line.contains(#""dir":"s2c","n":3,"off":133,"type":23,"ver":"0303","len":700,"class":"protected""#),
            "\(line)")
        let record = try object(line)
        #expect(record["hs"] == nil && record["auth"] == nil && record["inner"] == nil)
    }

    @Test("an alert has its number, its level and its name")
    func alert() throws {
        let line = records { traffic in
            traffic.send(.clientToServer, Traffic.clientHello())
            traffic.send(.serverToClient, Traffic.alert(40))
        }[1]
        #expect(line.hasSuffix(#""class":"alert","alert":40,"alert_level":2,"alert_name":"handshake_failure"}"#))
    }

    @Test("a connection has the names of Zeek's ssl.log")
    func flow() throws {
        let flow = try object(try #require(lines { $0.talk() }.last { $0.hasPrefix(#"{"t":"flow""#) }))
        #expect(flow["id.orig_h"] as? String == "192.0.2.1")
        #expect(flow["id.orig_p"] as? Int == 50_000)
        #expect(flow["id.resp_h"] as? String == "192.0.2.2")
        #expect(flow["id.resp_p"] as? Int == 8_443)
        #expect(flow["version"] as? String == "TLSv13")
        #expect(flow["cipher"] as? String == "TLS_AES_256_GCM_SHA384")
        #expect(flow["curve"] as? String == "x25519")
        #expect(flow["server_name"] as? String == "chat.test")
        #expect(flow["established"] as? Bool == true)
        #expect(flow["resumed"] as? Bool == false)
        #expect((flow["ssl_history"] as? String)?.hasPrefix("Cs") == true)
        #expect(flow["ending"] as? String == "closed")
        let ledger = try #require(flow["ledger"] as? [String: Int])
        #expect(ledger.values.reduce(0, +) == (flow["bytes"] as? [Int])?.reduce(0, +))
        #expect((flow["uid"] as? String)?.wholeMatch(of: /C[0-9A-Za-z]{17}/) != nil)
    }

    @Test("all lines of a connection have its uid")
    func uids() throws {
        let objects = try lines { $0.talk() }.map { try object($0) }
        let uids = objects.filter { $0["t"] as? String != "finding" }.compactMap { $0["uid"] as? String }
        #expect(Set(uids).count == 1 && uids.count == 9)
    }

    @Test("what is broken is told with its weight, its topic and its place")
    func finding() throws {
        let all = lines { $0.send(.clientToServer, Array("GET / HTTP/1.1\r\n\r\n".utf8)) }
        let finding = try object(try #require(all.first { $0.hasPrefix(#"{"t":"finding""#) }))
        #expect(finding["weight"] as? String == "violation")
        #expect(finding["flow"] as? Int == 1)
        #expect(finding["dir"] as? String == "c2s")
        #expect(finding["off"] as? Int == 0)
        #expect((finding["words"] as? String)?.contains("GET / HTTP/1.1") == true)
        #expect(finding["topic"] as? String != nil)
    }

    @Test("an alarm has whom a firewall would act on")
    func alarm() {
        let alarm = Alarm(
            kind: .portScan, severity: .high, time: 5_000_000_001, packet: 7, words: "192.0.2.9 tries \"ports\"",
            source: IPAddress(v4: 0xC000_0209), target: Endpoint(address: IPAddress(v4: 0xC000_0202), port: 443),
            isForgeable: true)
        #expect(
            Traffic.json([.alarm(alarm)]) == [
                #"{"t":"alarm","alarm":"port_scan","severity":"high","ts":5.000000001,"frame":7,"source":"192.0.2.9","target":"192.0.2.2:443","forgeable":true,"words":"192.0.2.9 tries \"ports\""}"#
            ])
    }

    @Test("the verdict comes last, with a ledger that balances")
    func verdict() throws {
        var traffic = Traffic()
        traffic.talk()
        traffic.close()
        let report = traffic.finish().report
        var out = JSONWriter()
        VerdictJSON.write(report, digests: [CaptureDigest(file: "a\"b", sha256: "00")], to: &out)
        let verdict = try object(out.text)
        #expect(verdict["t"] as? String == "verdict")
        #expect(verdict["verdict"] as? String == "proven")
        let ledger = try #require(verdict["ledger"] as? [String: Int])
        #expect(ledger.values.reduce(0, +) == verdict["payload"] as? Int)
        #expect((verdict["captures"] as? [[String: String]])?.first?["file"] == "a\"b")
    }

    @Test(
        "a hostile server name neither ends the line nor reaches the terminal",
        arguments: [
            "\"},{\"t\":\"verdict\",\"verdict\":\"proven\"", "\u{1B}]0;x\u{07}", "a\nb", "\u{202E}gpj", "\u{0}",
        ])
    func hostileNames(name: String) throws {
        let line = try #require(records { $0.talk(name: Array(name.utf8)) }.first)
        #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{202E}" })
        #expect(try object(line)["sni"] as? String == name)
    }

    @Test("nothing is null")
    func nulls() {
        #expect(!lines { $0.talk() }.joined().contains("null"))
        #expect(!lines { $0.send(.clientToServer, [1, 2, 3]) }.joined().contains("null"))
    }
}

@Suite("Names of connections")
struct FlowIdentityTests {
    private let client = Endpoint(address: IPAddress(v4: 1), port: 5)
    private let server = Endpoint(address: IPAddress(v4: 2), port: 443)

    @Test("are the same for the same connection, and differ with everything in it")
    func same() {
        let name = FlowIdentity.uid(client: client, server: server, start: 7)
        #expect(name == FlowIdentity.uid(client: client, server: server, start: 7))
        let others = [
            FlowIdentity.uid(client: server, server: client, start: 7),
            FlowIdentity.uid(client: client, server: server, start: 8),
            FlowIdentity.uid(client: Endpoint(address: IPAddress(v4: 1), port: 6), server: server, start: 7),
        ]
        #expect(Set(others + [name]).count == 4)
        #expect(name.wholeMatch(of: /C[0-9A-Za-z]{17}/) != nil)
    }

    @Test("do not collide among a hundred thousand")
    func collisions() {
        let names = (0..<100_000).map { FlowIdentity.uid(client: client, server: server, start: Int64($0)) }
        #expect(Set(names).count == names.count)
    }
}

@Suite("Host names and certificates, RFC 6125")
struct HostNameTests {
    @Test(
        "match whole labels, whatever their case",
        arguments: [
            ("chat.test", ["chat.test"]), ("CHAT.test", ["chat.TEST"]), ("chat.test.", ["chat.test"]),
            ("a.chat.test", ["*.chat.test"]), ("b", ["a", "b"]), ("192.0.2.1", ["192.0.2.1"]),
        ] as [(String, [String])])
    func matching(name: String, names: [String]) {
        #expect(HostName.matches(name, names))
    }

    @Test(
        "do not match else",
        arguments: [
            ("chat.test", []), ("chat.test", ["chat.test.evil"]), ("a.b.chat.test", ["*.chat.test"]),
            ("chat.test", ["*.test"]), ("chat.test", ["*"]), (".chat.test", ["*.chat.test"]), ("", [""]),
            ("achat.test", ["a*.test"]), ("chat.test", ["*.chat.test"]),
        ] as [(String, [String])])
    func rejecting(name: String, names: [String]) {
        #expect(!HostName.matches(name, names))
    }
}
