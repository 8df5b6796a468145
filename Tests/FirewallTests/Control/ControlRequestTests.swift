import Firewall
import JSONText
import Testing

@Suite("Requests of the control socket")
struct ControlRequestTests {
    static let ssh = SSHConnection("192.0.2.7 51234 192.0.2.1 22")
    static let address = IPAddress(ipv4: 0xC000_0207)
    static let rule = FirewallRule(
        id: 0, name: "Büro \"A\"\n", action: .allow, transport: .tcp, ports: [23...23, 5_900...5_910],
        direction: .both, sources: [IPPrefix(address)], destinations: [IPPrefix(address, length: 24)],
        interface: "wlan*", isEnabled: false, note: "für A")

    static let requests: [ControlRequest] = [
        .status, .rules, .list(.whitelist), .list(.blacklist), .bans, .statistics, .threats, .posture, .confirm,
        .revert, .off,
        .logs(LogQuery()),
        .logs(
            LogQuery(
                .allowed, limit: 10_000, since: 1_700_000_000_000, source: IPPrefix(address, length: 8), port: 443,
                reason: "rule 3", after: 9, follows: true)),
        .why(WhyQuestion(address)), .why(WhyQuestion(address, port: 0, transport: .any, isOutbound: true)),
        .check(text: nil, nil), .check(text: "{}\n", ssh),
        .addRule(rule, .end, PolicyChange()),
        .addRule(
            FirewallRule(id: 0, name: "x", action: .block), .place(1),
            PolicyChange(trial: .seconds(5), isForced: true, connection: ssh)),
        .removeRule(3, PolicyChange(trial: .none)), .toggleRule(1, PolicyChange(trial: .seconds(3_600))),
        .addToList(.blacklist, IPPrefix(address), seconds: 3_600, note: "abuse", PolicyChange()),
        .addToList(.whitelist, IPPrefix(IPAddress(ipv6: 1 << 120), length: 64), seconds: nil, note: "", PolicyChange()),
        .removeFromList(.whitelist, IPPrefix(address), PolicyChange(connection: ssh)),
        .apply(text: nil, PolicyChange()), .apply(text: "{\"version\":1}", PolicyChange(isForced: true)),
        .setPosture(.lockdown, PolicyChange()),
        .ban([address, IPAddress(ipv6: 5 << 100)], seconds: 60, detail: "by hand"),
        .ban([address], seconds: nil, detail: ""),
        .unban(IPPrefix(address)), .acceptThreats(feed: "feodo"),
        .report(Report(.badCertificate, [address], isForgeable: false, weight: 3, detail: "alert 42")),
        .authenticated([address]),
    ]

    @Test("come back as they went, in one line", arguments: requests)
    func roundTrip(_ request: ControlRequest) throws {
        let line = request.line
        #expect(!line.contains("\n"))
        #expect(try ControlRequest(parsing: line.utf8) == request)
    }

    @Test("say what they are in few words")
    func golden() {
        #expect(ControlRequest.status.line == #"{"op":"status"}"#)
        #expect(
            ControlRequest.removeRule(3, PolicyChange(trial: .none, isForced: true, connection: Self.ssh)).line
                == #"{"op":"remove","id":3,"trial":0,"force":true,"ssh":"192.0.2.7 51234 192.0.2.1 22"}"#)
        #expect(
            ControlRequest.ban([Self.address], seconds: 60, detail: "").line
                == #"{"op":"ban","addresses":["192.0.2.7"],"seconds":60,"detail":""}"#)
    }

    @Test(
        "are refused when anything is wrong",
        arguments: [
            "", "{}", "[]", "null", "\"status\"", #"{"op":"status""#, #"{"op":"status"}{"#, #"{"op":1}"#,
            #"{"op":"Status"}"#, #"{"op":"status","op":"off"}"#, #"{"op":"status","more":1}"#, #"{"op":null}"#,
            #"{"op":"list"}"#, #"{"op":"list","list":"greylist"}"#,
            #"{"op":"logs","limit":0}"#, #"{"op":"logs","limit":10001}"#, #"{"op":"logs","limit":1.5}"#,
            #"{"op":"logs","limit":99999999999999999999}"#, #"{"op":"logs","port":65536}"#,
            #"{"op":"logs","source":"10.0.0.1/8"}"#, #"{"op":"logs","since":-1}"#,
            #"{"op":"logs","since":253402300800000}"#, #"{"op":"logs","follow":1}"#, #"{"op":"logs","type":"all"}"#,
            #"{"op":"why"}"#, #"{"op":"why","address":"1.2.3"}"#,
            #"{"op":"why","address":"1.2.3.4","direction":"both"}"#,
            #"{"op":"remove"}"#, #"{"op":"remove","id":0}"#, #"{"op":"remove","id":"3"}"#,
            #"{"op":"remove","id":3,"trial":4}"#,
            #"{"op":"remove","id":3,"trial":3601}"#, #"{"op":"remove","id":3,"trial":-1}"#,
            #"{"op":"remove","id":3,"force":"yes"}"#, #"{"op":"remove","id":3,"ssh":"here"}"#,
            #"{"op":"add","rule":{}}"#, #"{"op":"add","rule":{"name":"x","action":"drop"}}"#,
            #"{"op":"add","rule":{"name":"x","action":"block","ports":[23]}}"#,
            #"{"op":"add","rule":{"name":"x","action":"block","ports":["0"]}}"#,
            #"{"op":"add","rule":{"name":"x","action":"block","ports":["9-8"]}}"#,
            #"{"op":"add","rule":{"name":"x","action":"block","port":"23"}}"#,
            #"{"op":"add","position":0,"rule":{"name":"x","action":"block"}}"#,
            #"{"op":"list-add","list":"whitelist","address":"10.0.0.0/33"}"#,
            #"{"op":"list-add","list":"whitelist","address":"10.0.0.0/+8"}"#,
            #"{"op":"list-add","list":"whitelist","address":"10.0.0.0/8/8"}"#,
            #"{"op":"list-add","list":"whitelist","address":"10.0.0.1","seconds":0}"#,
            #"{"op":"list-add","list":"whitelist","address":"10.0.0.1","seconds":315360001}"#,
            #"{"op":"set-posture","posture":0}"#, #"{"op":"set-posture","posture":6}"#,
            #"{"op":"ban","addresses":[]}"#, #"{"op":"ban","addresses":["x"]}"#, #"{"op":"ban","addresses":"1.2.3.4"}"#,
            #"{"op":"ban","addresses":["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4","1.1.1.5","1.1.1.6","1.1.1.7","1.1.1.8","1.1.1.9"]}"#,
            #"{"op":"unban","address":"everybody"}"#, #"{"op":"accept-threats"}"#, #"{"op":"apply","policy":{}}"#,
            #"{"op":"report","kind":"rumour","addresses":["1.2.3.4"],"forgeable":true}"#,
            #"{"op":"report","kind":"manual","addresses":[],"forgeable":true}"#,
            #"{"op":"report","kind":"manual","addresses":["1.2.3.4"]}"#,
            #"{"op":"report","kind":"manual","addresses":["1.2.3.4"],"forgeable":true,"weight":11}"#,
            #"{"op":"authenticated","addresses":[]}"#,
        ])
    func rejects(_ line: String) {
        let failure = #expect(throws: ControlFailure.self) { try ControlRequest(parsing: line.utf8) }
        #expect(failure?.status == .usage)
        #expect(failure?.message.isEmpty == false)
    }

    @Test("are refused past 16 MiB, before they are read")
    func bounded() {
        let long = Array(repeating: UInt8(ascii: " "), count: ControlRequest.limit + 1)
        let failure = #expect(throws: ControlFailure.self) { try ControlRequest(parsing: long) }
        #expect(failure?.message == "the request has more than 16777216 bytes")
    }

    @Test("are refused with more values than any has, before there is memory for them")
    func manyValues() {
        let line = #"{"op":"status","x":["# + String(repeating: "0,", count: 8_192) + "0]}"
        let failure = #expect(throws: ControlFailure.self) { try ControlRequest(parsing: line.utf8) }
        #expect(failure?.message.contains("more than 8192 values") == true)
    }

    @Test("are refused, or read, whatever byte of them is changed; never a trap", arguments: requests)
    func mutated(_ request: ControlRequest) {
        let line = Array(request.line.utf8)
        for index in line.indices {
            for byte in [0, 0x22, 0x5C, 0x7B, 0x39, 0xFF] as [UInt8] {
                var other = line
                other[index] = byte
                // Whatever is read can be written and read again.
                guard let read = try? ControlRequest(parsing: other) else { continue }
                #expect((try? ControlRequest(parsing: read.line.utf8)) == read)
            }
            #expect(throws: ControlFailure.self) { try ControlRequest(parsing: line.prefix(index)) }
        }
    }
}

@Suite("The connection that must live on, SSH_CONNECTION of sshd(8)")
struct SSHConnectionTests {
    @Test("is read as sshd writes it, zones left out")
    func reads() throws {
        let connection = try #require(SSHConnection("fe80::1%eth0 51234 fe80::2%eth0 22"))
        #expect(connection.description == "fe80::1 51234 fe80::2 22")
        #expect(SSHConnection("192.0.2.7 51234 192.0.2.1 22")?.serverPort == 22)
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "192.0.2.7 51234 192.0.2.1", "192.0.2.7 51234 192.0.2.1 22 1", "192.0.2.7  51234 192.0.2.1 22",
            "192.0.2.7 65536 192.0.2.1 22", "host 1 192.0.2.1 22", " 192.0.2.7 51234 192.0.2.1 22",
            String(repeating: "1", count: 161),
        ])
    func rejects(_ text: String) { #expect(SSHConnection(text) == nil) }
}
