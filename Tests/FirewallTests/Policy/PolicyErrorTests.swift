import Firewall
import Testing

@Suite("what a rules file may not say")
struct PolicyErrorTests {
    func words(_ text: String) -> String? {
        do throws(PolicyError) {
            _ = try Policy(parsing: text, name: "policy.json")
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        "a rule that is not right is refused with its line, its field and what to do",
        arguments: [
            (
                #""ports": ["70000"]"#,
                #"rules[1].ports[0]: "70000" is no port; write a number from 1 to 65535, or a range such as "135-139""#
            ),
            (#""ports": ["23", "139-135"]"#, #"rules[1].ports[1]: "139-135" goes from high to low; write "135-139""#),
            (
                #""ports": [0]"#,
                #"rules[1].ports[0]: "0" is no port; write a number from 1 to 65535, or a range such as "135-139""#
            ),
            (
                #""ports": [-1]"#,
                #"rules[1].ports[0]: "-1" is no port; write a number from 1 to 65535, or a range such as "135-139""#
            ),
            (
                #""ports": ["80,443"]"#,
                #"rules[1].ports[0]: "80,443" is no port; write a number from 1 to 65535, or a range such as "135-139""#
            ),
            (
                #""ports": [22.0]"#,
                #"rules[1].ports[0]: "22.0" is no port; write a number from 1 to 65535, or a range such as "135-139""#
            ),
            (
                #""ports": [true]"#,
                #"rules[1].ports[0]: true is not possible; write a port such as 23, or a range such as "135-139""#
            ),
            (#""ports": null"#, "rules[1].ports: null is not possible; write a list: [ … ]"),
            (#""ports": {}"#, "rules[1].ports: an object is not possible; write a list: [ … ]"),
            (
                #""protocol": "icmp", "ports": [8]"#,
                "rules[1].ports: ICMP has no ports; leave the ports away, or choose the protocol tcp, udp or any"
            ),
            (
                #""protocol": "tpc""#,
                #"rules[1].protocol: "tpc" is not possible; did you mean "tcp"? It is "tcp", "udp", "icmp" or "any""#
            ),
            (
                #""protocol": "sctp-or-so""#,
                #"rules[1].protocol: "sctp-or-so" is not possible; write "tcp", "udp", "icmp" or "any""#
            ),
            (#""protocol": 6"#, #"rules[1].protocol: 6 is not possible; write "tcp", "udp", "icmp" or "any""#),
            (
                #""direction": "inbound""#,
                #"rules[1].direction: "inbound" is not possible; write "in", "out" or "both""#
            ),
            (
                #""source": ["192.0.2.7/24"]"#,
                #"rules[1].source[0]: "192.0.2.7/24" has bits behind /24; write 192.0.2.0/24, or the address without /24"#
            ),
            (
                #""source": "example.com""#,
                #"rules[1].source: "example.com" is no address; write one such as 192.0.2.7, 192.0.2.0/24, 2001:db8::7 or 2001:db8::/32"#
            ),
            (
                #""destination": [7]"#,
                #"rules[1].destination[0]: 7 is not possible; write an address or a network in quotation marks, such as "192.0.2.0/24""#
            ),
            (
                #""destination": {"addr": "::1"}"#,
                "rules[1].destination: an object is not possible; write a list: [ … ]"
            ),
            (
                #""interface": "eth0/1""#,
                #"rules[1].interface: "eth0/1" is no name of a card; write at most 15 letters as `ip link` shows them, such as "eth0", or a beginning such as "wlan*""#
            ),
            (
                #""interface": "a*b""#,
                #"rules[1].interface: "a*b" is no name of a card; write at most 15 letters as `ip link` shows them, such as "eth0", or a beginning such as "wlan*""#
            ),
            (
                #""interface": """#,
                #"rules[1].interface: "" is no name of a card; write at most 15 letters as `ip link` shows them, such as "eth0", or a beginning such as "wlan*""#
            ),
            (
                #""interface": "sixteen-letters1""#,
                #"rules[1].interface: "sixteen-letters1" is no name of a card; write at most 15 letters as `ip link` shows them, such as "eth0", or a beginning such as "wlan*""#
            ),
            (#""interface": null"#, "rules[1].interface: null is not possible; write a text in quotation marks"),
            (#""enabled": "yes""#, #"rules[1].enabled: "yes" is not possible; write true or false"#),
            (#""enabled": 1"#, "rules[1].enabled: 1 is not possible; write true or false"),
            (#""note": "a\u0007b""#, "rules[1].note: the note has characters that cannot be seen; remove them"),
            (#""port": [23]"#, #"rules[1]: "port" is unknown here; did you mean "ports"?"#),
            (#""Enabled": true"#, #"rules[1]: "Enabled" is unknown here; did you mean "enabled"?"#),
            (
                #""comment": "x""#,
                #"rules[1]: "comment" is unknown here; there are "id", "name", "action", "protocol", "ports", "direction", "source", "destination", "interface", "enabled", "note""#
            ),
            (#""id": 3"#, #"column 4: the name "id" is already in line 3; remove one of them"#),
        ])
    func rules(member: String, expected: String) {
        let text = """
            {"version": 1, "rules": [
              {"id": 1, "name": "a", "action": "block"},
              {"id": 2, "name": "b", "action": "block",
               \(member)}]}
            """
        #expect(words(text) == "policy.json:4: " + expected)
    }

    @Test(
        "a rule without what it needs, or with a bad name, is refused",
        arguments: [
            (
                #"{"name": "a", "action": "block"}"#,
                #"rules[0]: "id" is missing; write "id": and a number that no other rule has"#
            ),
            (#"{"id": 1, "action": "block"}"#, #"rules[0]: "name" is missing; write "name": and what the rule is for"#),
            (#"{"id": 1, "name": "a"}"#, #"rules[0]: "action" is missing; write "action": "block", or "allow""#),
            (
                #"{"id": 1, "name": "", "action": "block"}"#,
                "rules[0].name: the name is empty; say what the rule is for"
            ),
            (
                #"{"id": 1, "name": "  ", "action": "block"}"#,
                "rules[0].name: the name is empty; say what the rule is for"
            ),
            (
                #"{"id": 1, "name": "a\u001b[2J", "action": "block"}"#,
                "rules[0].name: the name has characters that cannot be seen; remove them"
            ),
            (
                #"{"id": 1, "name": "a\u202eb", "action": "block"}"#,
                "rules[0].name: the name has characters that cannot be seen; remove them"
            ),
            (
                #"{"id": 1, "name": 7, "action": "block"}"#,
                "rules[0].name: 7 is not possible; write a text in quotation marks"
            ),
            (
                #"{"id": 1, "name": "a", "action": "blok"}"#,
                #"rules[0].action: "blok" is not possible; did you mean "block"? It is "block" or "allow""#
            ),
            (
                #"{"id": 1, "name": "a", "action": "deny"}"#,
                #"rules[0].action: "deny" is not possible; write "block" or "allow""#
            ),
            (
                #""block 23""#,
                #"rules[0]: a string is here where an object is expected; write { … } with "id", "name", "action", "protocol", "ports", "direction", "source", "destination", "interface", "enabled", "note""#
            ),
            (
                #"{"id":1,"name":"a","action":"block"},{"id":1,"name":"b","action":"block"}"#,
                "rules[1].id: 1 is already the id of the rule in line 2; write another one; each rule has its own"
            ),
        ])
    func rulesWithout(rule: String, expected: String) {
        #expect(words("{\"version\": 1, \"rules\": [\n\(rule)]}") == "policy.json:2: " + expected)
    }

    @Test("names and notes are allowed up to their length and refused above")
    func lengths() {
        let rule = { (name: Int, note: Int) in
            "{\"version\":1,\"rules\":[{\"id\":1,\"action\":\"block\",\n\"name\":\"\(String(repeating: "é", count: name))\",\n\"note\":\"\(String(repeating: "é", count: note))\"}]}"
        }
        #expect(words(rule(64, 200)) == nil)
        #expect(words(rule(65, 200)) == "policy.json:2: rules[0].name: the name has 65 characters; write at most 64")
        #expect(words(rule(64, 201)) == "policy.json:3: rules[0].note: the note has 201 characters; write at most 200")
        let entry = { (note: Int) in
            "{\"version\":1,\"blacklist\":[{\"addr\":\"192.0.2.7\",\n\"note\":\"\(String(repeating: "x", count: note))\"}]}"
        }
        #expect(words(entry(200)) == nil)
        #expect(words(entry(201)) == "policy.json:2: blacklist[0].note: the note has 201 characters; write at most 200")
    }

    @Test(
        "a list entry that is not right is refused",
        arguments: [
            (
                #""192.0.2.300""#,
                #"[1]: "192.0.2.300" is no address; write one such as 192.0.2.7, 192.0.2.0/24, 2001:db8::7 or 2001:db8::/32"#
            ),
            (
                "7",
                #"[1]: 7 is not possible; write an address such as "192.0.2.0/24", or {"addr": …, "until": …, "note": …}"#
            ),
            (
                "null",
                #"[1]: null is not possible; write an address such as "192.0.2.0/24", or {"addr": …, "until": …, "note": …}"#
            ),
            (#"{"note": "x"}"#, #"[1]: "addr" is missing; write "addr": "192.0.2.0/24""#),
            (#"{"adr": "192.0.2.8"}"#, #"[1]: "adr" is unknown here; did you mean "addr"?"#),
            (
                #"{"addr": "192.0.2.8/8"}"#,
                #"[1].addr: "192.0.2.8/8" has bits behind /8; write 192.0.0.0/8, or the address without /8"#
            ),
            (
                #"{"addr": 7}"#,
                #"[1].addr: 7 is not possible; write an address or a network in quotation marks, such as "192.0.2.0/24""#
            ),
            (
                #"{"addr": "192.0.2.8", "until": "tomorrow"}"#,
                #"[1].until: "tomorrow" is not possible; write a time in UTC such as "2026-12-31T18:00:00Z", or null for one that does not end"#
            ),
            (
                #"{"addr": "192.0.2.8", "until": "2026-12-31"}"#,
                #"[1].until: "2026-12-31" is not possible; write a time in UTC such as "2026-12-31T18:00:00Z", or null for one that does not end"#
            ),
            (
                #"{"addr": "192.0.2.8", "until": "2026-02-29T00:00:00Z"}"#,
                #"[1].until: "2026-02-29T00:00:00Z" is not possible; write a time in UTC such as "2026-12-31T18:00:00Z", or null for one that does not end"#
            ),
            (
                #"{"addr": "192.0.2.8", "until": 1798740000}"#,
                #"[1].until: 1798740000 is not possible; write a time in UTC such as "2026-12-31T18:00:00Z", or null for one that does not end"#
            ),
            (
                #"{"addr": "192.0.2.8", "note": "a\nb"}"#,
                "[1].note: the note has characters that cannot be seen; remove them"
            ),
            (
                #"{"addr": "192.0.2.8", "note": null}"#,
                "[1].note: null is not possible; write a text in quotation marks"
            ),
        ])
    func entries(entry: String, expected: String) {
        for list in ["whitelist", "blacklist"] {
            let text = "{\"version\": 1, \"\(list)\": [\"192.0.2.7\",\n\n\(entry)]}"
            #expect(words(text) == "policy.json:3: \(list)" + expected)
            let twice = "{\"version\": 1, \"\(list)\": [\"192.0.2.7\",\n{\"addr\": \"192.0.2.7/32\"}]}"
            #expect(
                words(twice)
                    == "policy.json:2: \(list)[1]: 192.0.2.7 is already in the \(list), in line 1; remove one of them")
        }
    }

    @Test(
        "the file as a whole is refused",
        arguments: [
            ("", "1: column 1: a value is expected here"),
            (
                "[]",
                #"1: an array is here where an object is expected; write { … } with "version", "defaultPolicy", "rules", "whitelist", "blacklist", "rateLimit", "threatIntel", "log", "safety", "statistics""#
            ),
            ("\n{}", #"2: "version" is missing; write "version": 1"#),
            ("{\"version\":\n2}", "2: version: 2 is not possible; write 1: this program knows no other"),
            ("{\"version\": \"1\"}", #"1: version: "1" is not possible; write 1: this program knows no other"#),
            ("{\"version\": 1,\n\"ruels\": []}", #"2: "ruels" is unknown here; did you mean "rules"?"#),
            (
                "{\"version\": 1,\n\"interfaces\": [\"*\"]}",
                #"2: "interfaces" is unknown here; there are "version", "defaultPolicy", "rules", "whitelist", "blacklist", "rateLimit", "threatIntel", "log", "safety", "statistics""#
            ),
            (
                "{\"version\": 1,\n\"defaultPolicy\": \"drop\"}",
                #"2: defaultPolicy: "drop" is not possible; write "block" or "allow""#
            ),
            ("{\"version\": 1,\n\"rules\": {}}", "2: rules: an object is not possible; write a list: [ … ]"),
            (
                "{\"version\": 1,\n\"whitelist\": \"192.0.2.7\"}",
                #"2: whitelist: "192.0.2.7" is not possible; write a list: [ … ]"#
            ),
            (
                "{\"version\": 1,\n\"rateLimit\": false}",
                #"2: rateLimit: false is here where an object is expected; write { … } with "connections", "seconds", "ipv6Prefix", "globalPerSecond""#
            ),
            (
                "{\"version\": 1,\n\"rateLimit\": {\"second\": 1}}",
                #"2: rateLimit: "second" is unknown here; did you mean "seconds"?"#
            ),
            (
                "{\"version\": 1,\n\"log\": null}",
                #"2: log: null is here where an object is expected; write { … } with "blockedPerSecond", "allowedOneIn", "retainDays", "maximumMiB", "blockedGroup", "allowedGroup""#
            ),
            (
                "{\"version\": 1, \"log\": {\"blockedGroup\": 5,\n\"allowedGroup\": 5}}",
                "2: log.allowedGroup: both groups are 5; write two different numbers, as what is blocked is read apart"
            ),
            (
                "{\"version\": 1, \"log\": {\n\"blockedGroup\": 78}}",
                "2: log.allowedGroup: both groups are 78; write two different numbers, as what is blocked is read apart"
            ),
            (
                "{\"version\": 1,\n\"safety\": {\"protect\": \"no\"}}",
                #"2: safety.protect: "no" is not possible; write true or false"#
            ),
            (
                "{\"version\": 1,\n\"threatIntel\": []}",
                #"2: threatIntel: an array is here where an object is expected; write { … } with "feeds""#
            ),
            ("{\"version\": 1,\n\"rules\": [}", "2: column 11: a value is expected here"),
            ("{\"version\": 1,\n}", "2: column 1: a comma stands before the closing bracket; remove it"),
            ("{\"version\": 1} x", "1: column 16: the end of the text is expected here"),
            (
                "{\"version\": 1,\n\"version\": 1}",
                #"2: column 1: the name "version" is already in line 1; remove one of them"#
            ),
            (
                "{\"version\": 1, \"rules\": [[[[[[[[1]]]]]]]]}",
                "1: column 32: more than 8 arrays and objects lie within each other; take some away"
            ),
            (
                "\u{FEFF}{\"version\": 1}",
                "1: column 1: the text begins with a byte order mark; save it as UTF-8 without one"
            ),
        ])
    func file(text: String, expected: String) {
        #expect(words(text) == "policy.json:" + expected)
    }

    @Test("an error without a file names field, fault and remedy alone")
    func withoutFile() {
        let error = PolicyError(field: "ports", problem: "ICMP has no ports", remedy: "leave them away")
        #expect(error.description == "ports: ICMP has no ports; leave them away")
        #expect(PolicyError(file: "f", problem: "p", remedy: "").description == "f: p")
    }
}
