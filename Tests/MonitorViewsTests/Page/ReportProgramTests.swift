import Foundation
import MonitorViews
import Testing

@Suite("tlsmon report") struct ReportProgramTests {
    private func capture(records: Int = 5, name: String = "chat.test") throws -> Folder {
        let folder = try Folder()
        var talk = PageTalk()
        talk.talk(40_001, name: name, records: records)
        try folder.write(talk.pcap, to: "talk.pcap")
        return folder
    }

    @Test("writes one page, for its owner alone, and replaces its own")
    func writes() throws {
        let folder = try capture()
        for _ in 0..<2 {
            let outcome = try TLSMonProgram.run(["report", "-r", "talk.pcap", "-o", "page.html"], in: folder)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("PROVEN: page.html is written"))
        }
        #expect(try folder.mode(of: "page.html") == 0o600)
        #expect(try folder.names == ["page.html", "talk.pcap"])
        let page = String(decoding: try folder.read("page.html"), as: UTF8.self)
        #expect(page.hasPrefix(ReportPage.beginning))
        #expect(page.contains("chat.test"))
        let piped = try TLSMonProgram.run(["report", "talk.pcap", "-o", "-"], in: folder)
        #expect(piped.status == 0)
        #expect(piped.output.hasPrefix(ReportPage.beginning))
    }

    @Test("replaces nothing else, a capture least of all", arguments: ["talk.pcap", "notes.txt", "link", "folder"])
    func refuses(name: String) throws {
        let folder = try capture()
        try folder.write(Array("notes".utf8), to: "notes.txt")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link", withDestinationPath: folder.path + "/nowhere")
        try FileManager.default.createDirectory(atPath: folder.path + "/folder", withIntermediateDirectories: false)
        let before = try folder.read("talk.pcap")
        let names = try folder.names
        let outcome = try TLSMonProgram.run(["report", "-r", "talk.pcap", "-o", name], in: folder)
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains(name))
        #expect(try folder.read("talk.pcap") == before)
        #expect(try folder.names == names)
    }

    @Test("leaves nothing behind when it cannot read", arguments: [["nothing.pcap"], ["talk.pcap", "port", "banana"]])
    func fails(arguments: [String]) throws {
        let folder = try capture()
        let outcome = try TLSMonProgram.run(["report"] + arguments + ["-o", "page.html"], in: folder)
        #expect(outcome.status == 3)
        #expect(try folder.names == ["talk.pcap"])
    }

    private static let chromium = TLSMonProgram.find("chromium", "chromium-browser", "google-chrome")

    @Test(
        "a browser shows it without a request or a complaint",
        .enabled(if: chromium != nil, "no Chromium is installed"))
    func browser() throws {
        let folder = try capture(records: 40, name: "</script><img src=x onerror=document.title='seen'>")
        #expect(try TLSMonProgram.run(["report", "talk.pcap", "-o", "page.html"], in: folder).status == 0)
        let outcome = try TLSMonProgram.run(
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--no-first-run",
                "--user-data-dir=\(folder.path)/profile", "--enable-logging=stderr", "--v=0",
                "--log-net-log=\(folder.path)/net.json", "--net-log-capture-mode=Everything", "--dump-dom",
                "file://\(folder.path)/page.html",
            ], program: try #require(Self.chromium), in: folder)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("<h1 id=\"verdict\">PROVEN</h1>"))
        #expect(outcome.output.contains("<title>PROVEN: talk.pcap"))
        #expect(!outcome.output.contains("<img"))
        #expect(outcome.output.contains("class=\"timeline\""))
        // What the page itself asks for would be blocked, and the browser would say so.
        #expect(!outcome.errors.contains("CONSOLE"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("Content Security Policy"))
    }
}
