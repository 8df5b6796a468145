import Foundation
import TLSMonitor
import Testing

@testable import MonitorViews

@Suite("The report as a page") struct ReportPageTests {
    @Test("says the verdict, why, and what it rests on")
    func structure() {
        var talk = PageTalk()
        talk.talk(40_001)
        let page = talk.page(filter: "tcp port 443")
        #expect(page.hasPrefix(ReportPage.beginning))
        #expect(page.contains("<h1 id=\"verdict\">PROVEN</h1>"))
        #expect(page.contains("<code>tcp port 443</code>"))
        #expect(page.contains("sha256 abababab"))
        #expect(page.contains("chat.test"))
        for part in ["learns", "ledger", "connections", "guide", "evidence"] {
            #expect(page.contains("<h2 id=\"\(part)\">"), "\(part)")
            #expect(page.contains("href=\"#\(part)\""), "\(part)")
        }
        #expect(page.contains("class=\"timeline\""))
        #expect(page.contains("<html lang=\"en\">"))
        #expect(page.hasSuffix("</html>\n"))
    }

    @Test("what is open and what refutes is listed, with its place")
    func findings() {
        var talk = PageTalk()
        talk.talk(40_001)
        talk.send(40_001, fromClient: true, Array("GET / HTTP/1.1\r\nHost: chat.test\r\n\r\n".utf8))
        let page = talk.page()
        #expect(page.contains("<h1 id=\"verdict\">REFUTED</h1>"))
        #expect(page.contains("<b>Refutes:</b>"))
        #expect(page.contains("<a href=\"#flow-1\">connection 1</a>"))
        #expect(page.contains("<span class=\"badge bad\">✕ refutes</span>"))
        #expect(!page.contains("✓ only handshake and ciphertext"))
        var empty = PageTalk()
        #expect(empty.page().contains("<h1 id=\"verdict\">INCONCLUSIVE</h1>"))
    }

    @Test("uses the same words as prove", arguments: ["", "GET / HTTP/1.1\r\n\r\n and more", "gap"])
    func words(extra: String) {
        var talk = PageTalk()
        if extra != "gap" { talk.talk(40_001) }
        if !extra.isEmpty { talk.send(40_001, fromClient: true, Array(extra.utf8)) }
        let report = talk.finish()
        let lines = ReportLines(hasColours: false).lines(for: report, digests: [], isProof: true)
        #expect(lines.contains("\(VerdictWords.name(of: report.verdict))  \(VerdictWords.sentence(for: report))"))
    }

    @Test("rules that are broken are listed with their section, and those that nothing exercised are not called kept")
    func rules() {
        var good = PageTalk()
        good.talk(40_001)
        let kept = good.page()
        #expect(kept.contains("that could be checked from outside are kept"))
        #expect(kept.contains("were not exercised by this capture"))
        #expect(!kept.contains("Rules that are broken"))
        var bad = PageTalk()
        bad.talk(40_001)
        // An alert in the clear, under keys.
        bad.send(40_001, fromClient: true, PageTalk.record(21, [1, 0]))
        let broken = bad.page()
        #expect(broken.contains("Rules that are broken"))
        #expect(broken.contains("RFC 8446 §"))
        var empty = PageTalk()
        #expect(!empty.page().contains("id=\"rules\""))
    }

    @Test("every element that is opened is closed, in order")
    func balance() throws {
        var talk = PageTalk()
        for port in 40_001..<40_010 { talk.talk(UInt16(port), name: "a<b>&\"'c\(port)", records: 40) }
        talk.send(40_002, fromClient: false, Array("plain text where TLS should be".utf8))
        let page = talk.page()
        let odd = try Markup.unbalanced(page)
        #expect(odd == nil)
        #expect(try Markup.unbalanced(page + "<p>") != nil)
        #expect(try Markup.unbalanced("<p><b></p></b>") != nil)
        let names = page.matches(of: /\bid="([^"]+)"/).map { String($0.output.1) }
        #expect(Set(names).count == names.count)
        for link in page.matches(of: /href="#([^"]+)"/) { #expect(names.contains(String(link.output.1))) }
    }

    @Test("names from the wire stay text", arguments: hostile)
    func escapes(name: String) throws {
        var talk = PageTalk(markers: [name])
        talk.talk(40_001, name: name, protocols: [name])
        let page = talk.page(filter: name, file: name)
        #expect(!page.contains(name))
        #expect(!page.lowercased().contains("<img"))
        #expect(!page.lowercased().contains("<script"))
        #expect(!page.contains("<svg onload"))
        #expect(try Markup.unbalanced(page) == nil)
        for tag in page.matches(of: /<[a-zA-Z][^>]*>/) {
            #expect(tag.output.lowercased().firstMatch(of: /\son[a-z]+\s*=/) == nil, "\(tag.output)")
        }
    }

    static let hostile = [
        "</script><img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "'><b id=main>&amp;",
        "</title></style><script>alert(1)</script>", "--><img/onerror=alert(1)>",
    ]

    @Test("marks that hide or turn around words are replaced")
    func treacherous() {
        #expect(HTML.text("a\u{202E}b\u{200B}c\u{0}d\u{9B}e\u{E0041}") == "a·b·c·d·e·")
        #expect(HTML.text("ü–日本\n<&>\"'") == "ü–日本 &lt;&amp;&gt;&quot;&#39;")
    }

    @Test("it loads nothing and runs nothing")
    func selfContained() {
        var talk = PageTalk()
        talk.talk(40_001)
        let page = talk.page()
        #expect(
            page.contains(
                "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\""))
        for part in [
            "://", "<script", "<link", "<img", "<iframe", "<object", "@import", "url(", " src=", "javascript:",
        ] {
            #expect(!page.contains(part), "\(part)")
        }
        // What is referred to is on the page.
        for reference in page.matches(of: /href="([^"]*)"/) { #expect(reference.output.1.hasPrefix("#")) }
    }

    @Test("the table of bytes sums to the payload")
    func sums() throws {
        var talk = PageTalk()
        talk.talk(40_001, records: 50)
        talk.talk(40_002, records: 5)
        let report = talk.finish()
        let bar = LedgerBar(ledger: report.ledger, payload: report.payloadBytes)
        #expect(bar.entries.reduce(0) { $0 + $1.bytes } == report.payloadBytes)
        #expect(bar.html.contains("payload: \(report.payloadBytes.grouped) bytes"))
        #expect(bar.html.contains("add up to the payload, byte for byte"))
        let widths = bar.html.matches(of: /width="([0-9.]+)%" height="28"\/>/).compactMap { Double($0.output.1) }
        #expect(abs(widths.reduce(0, +) - 100) < 0.1)
        let wrong = LedgerBar(ledger: report.ledger, payload: report.payloadBytes + 1)
        #expect(wrong.html.contains("do not add up to the payload"))
    }

    @Test("pictures are bounded, however long the conversation is, and lose no record")
    func bounds() throws {
        var talk = PageTalk(collector: TimelineCollector(mostFlows: 3, mostMarks: 100))
        talk.talk(40_001, records: 3_000)
        for port in 40_002..<40_008 { talk.talk(UInt16(port)) }
        let page = talk.page()
        let timeline = try #require(talk.collected.timelines[1])
        #expect(timeline.marks.count <= 100)
        #expect(timeline.interval > 0)
        #expect(timeline.marks.reduce(0) { $0 + $1.records } == 6_000 + 7)
        #expect(timeline.opening.count == FlowTimeline.mostOpening)
        #expect(talk.collected.timelines.count == 3)
        #expect(talk.collected.unpictured == 4)
        #expect(page.contains("3 connections of 7 with records are pictured"))
        #expect(page.matches(of: /<article/).count == 3)
    }

    @Test("a connection that refutes is pictured before one that does not")
    func weighty() {
        var talk = PageTalk(collector: TimelineCollector(mostFlows: 2, mostMarks: 100))
        for port in 40_001..<40_005 { talk.talk(UInt16(port)) }
        talk.send(40_004, fromClient: true, Array("plain text where TLS should be".utf8))
        talk.send(40_004, fromClient: true, Array("and more of it".utf8))
        let page = talk.page()
        #expect(talk.collected.timelines.keys.sorted() == [1, 4])
        #expect(page.contains("id=\"flow-4\""))
        #expect(page.contains("<title>client, at 0: unaccounted: what the client sends is not TLS"))
    }

    @Test("times that a file made up break nothing", arguments: [Int64.min, -1, 0, Int64.max - 2_000_000_000])
    func times(start: Int64) throws {
        var talk = PageTalk()
        talk.time = start
        talk.open(40_001)
        talk.send(40_001, fromClient: true, PageTalk.clientHello(name: "chat.test", protocols: []))
        talk.time = start == Int64.min ? Int64.max - 5_000_000_000 : Int64.min
        talk.send(40_001, fromClient: false, PageTalk.serverHello)
        #expect(try Markup.unbalanced(talk.page()) == nil)
    }
}

/// As much of HTML as this page uses.
enum Markup {
    /// - Returns: the first tag that does not fit; `nil` if all are closed in order.
    static func unbalanced(_ page: String) throws -> String? {
        var open: [Substring] = []
        let body = page.replacing(/<!--.*?-->/, with: "").replacing(/<!doctype html>/, with: "")
        for tag in body.matches(of: /<(\/?)([a-z][a-z0-9]*)([^<>]*)>/) {
            let (_, slash, name, rest) = tag.output
            if ["meta", "br"].contains(name) || rest.hasSuffix("/") { continue }
            if slash.isEmpty {
                open.append(name)
            } else if open.popLast() != name {
                return String(tag.output.0)
            }
        }
        return open.last.map { "<\($0)>" }
    }
}
