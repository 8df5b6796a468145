import Firewall
import Testing

extension PolicyErrorTests {
    @Test(
        "a feed that is not right is refused",
        arguments: [
            (
                #""url": "https://x", "format": "plain""#,
                #""name" is missing; write "name": and a short word such as "feodo""#
            ),
            (
                #""name": "a", "format": "plain""#,
                #""url" is missing; write "url": and the address of the list, "https://…""#
            ),
            (
                #""name": "a", "url": "https://x""#,
                #""format" is missing; write "format": and one of "feodo-txt", "feodo-csv", "feodo-json", "spamhaus-drop", "plain""#
            ),
            (
                #""name": "a", "url": "https://x", "format": "feodo-text""#,
                #".format: "feodo-text" is not possible; did you mean "feodo-txt"? It is "feodo-txt", "feodo-csv", "feodo-json", "spamhaus-drop" or "plain""#
            ),
            (
                #""name": "a", "url": "https://x", "format": "plain", "ulr": 1"#,
                #""ulr" is unknown here; did you mean "url"?"#
            ),
            (
                #""name": "a", "url": "https://x", "format": "plain", "interval": "4m""#,
                #".interval: "4m" is not possible; write a length of time from 5m to 7d, such as "1h", in quotation marks"#
            ),
            (
                #""name": "a", "url": "https://x", "format": "plain", "interval": "8d""#,
                #".interval: "8d" is not possible; write a length of time from 5m to 7d, such as "1h", in quotation marks"#
            ),
            (
                #""name": "a", "url": "https://x", "format": "plain", "interval": 3600"#,
                #".interval: 3600 is not possible; write a length of time from 5m to 7d, such as "1h", in quotation marks"#
            ),
            (
                #""name": "a", "url": "https://x", "format": "plain", "interval": "hourly""#,
                #".interval: "hourly" is no length of time; write a length of time from 5m to 7d, such as "1h", in quotation marks"#
            ),
            (
                #""name": "a", "url": "https://x", "format": "plain", "maximumAge": "366d""#,
                #".maximumAge: "366d" is not possible; write a length of time from 0s to 365d, such as "1h", in quotation marks"#
            ),
            (
                #""name": "a", "url": "https://x", "format": "plain", "interval": "2h", "maximumAge": "1h""#,
                ".maximumAge: 1h is less than the interval; write at least 2h"
            ),
            (
                #""name": "a", "url": "https://x", "format": "plain", "direction": "up""#,
                #".direction: "up" is not possible; write "in", "out" or "both""#
            ),
            (
                #""name": "a", "url": "https://x", "format": "plain", "enabled": 0"#,
                ".enabled: 0 is not possible; write true or false"
            ),
        ])
    func feeds(members: String, expected: String) {
        let text = "{\"version\": 1, \"threatIntel\": {\"feeds\": [\n{\(members)}]}}"
        let field = "policy.json:2: threatIntel.feeds[0]"
        #expect(words(text) == (expected.hasPrefix(".") ? field + expected : "\(field): \(expected)"))
    }

    @Test("a feed's name becomes a file's name: only a-z, 0-9 and -")
    func feedNames() {
        let file = { (name: String) in
            "{\"version\": 1, \"threatIntel\": {\"feeds\": [{\"name\": \(name), \"url\": \"https://x\", \"format\": \"plain\"}]}}"
        }
        for name in ["a", "feodo-2", "0", String(repeating: "a", count: 32)] {
            #expect(words(file("\"\(name)\"")) == nil)
        }
        for name in ["", "-a", "A", "..", "a/b", "a.b", "a b", "é", String(repeating: "a", count: 33)] {
            #expect(
                words(file("\"\(name)\""))
                    == "policy.json:1: threatIntel.feeds[0].name: \"\(name)\" is not possible; write 1 to 32 of a-z, 0-9 and -, beginning with a letter or a digit"
            )
        }
        #expect(
            words(file("7"))
                == "policy.json:1: threatIntel.feeds[0].name: 7 is not possible; write a text in quotation marks")
        let one = "{\"name\": \"a\", \"url\": \"https://x\", \"format\": \"plain\"}"
        #expect(
            words("{\"version\": 1, \"threatIntel\": {\"feeds\": [\(one),\n\(one)]}}")
                == "policy.json:2: threatIntel.feeds[1].name: \"a\" is the name of an earlier feed; write another one; each feed has its own"
        )
    }

    @Test("a feed's address is https, or http of this machine")
    func feedAddresses() {
        let file = { (url: String) in
            "{\"version\": 1, \"threatIntel\": {\"feeds\": [{\"name\": \"a\", \"url\": \"\(url)\", \"format\": \"plain\"}]}}"
        }
        for url in [
            "https://lists.example", "https://lists.example:8443/a?b#c", "https://192.0.2.7/",
            "https://[2001:db8::1]:1/",
            "http://127.0.0.1/", "http://127.9.9.9:80/x", "http://localhost:8080", "http://[::1]:8080/x",
        ] { #expect(words(file(url)) == nil, "\(url)") }
        for url in [
            "", "https://", "https:///x", "https://:80/", "http://lists.example/", "http://127.0.0.1.example/",
            "http://localhost.example",
            "http://[::2]/", "ftp://x", "file:///etc/passwd", "https://user@x/", "http://127.0.0.1@evil.example/",
            "https://x y/",
            "https://x:0/", "https://x:70000/", "https://x:80-90/", "https://[::1/", "https://[zz]/",
            "https://x/\\u0000", "https://é.example/",
            "http://127.0.0.1:80@evil.example/", "//x", "https:x", "https://x/" + String(repeating: "a", count: 2_000),
            "http://[::1].evil.example/",
        ] {
            let error = words(file(url))
            #expect(error?.hasPrefix("policy.json:1: threatIntel.feeds[0].url: ") == true, "\(url)")
            #expect(
                error?.hasSuffix(
                    "; write https:// and the rest, without a name or password in it; http:// is for this machine alone"
                ) == true)
        }
    }
}
