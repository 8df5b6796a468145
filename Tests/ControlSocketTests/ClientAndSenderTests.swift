import ControlSocket
import Firewall
import Glibc
import Testing

@Suite("the other side of a socket: one who asks, and one who reports")
struct ClientAndSenderTests {
    private func report(_ number: UInt32) -> Report {
        Report(
            .badCertificate, [IPAddress(ipv4: 0xCB00_7100 + number)], isForgeable: false, weight: 2, detail: "alert 42")
    }

    @Test("asks and gets the answer")
    func ask() throws {
        let folder = try SocketFolder()
        let daemon = try TrialDaemon(folder.socket("control"), role: .admin) { "answer to \($0)" }
        defer { daemon.stop() }
        let client = try ControlClient(folder.socket("control"))
        #expect(try client.ask("one", seconds: 5) == "answer to one")
        #expect(try client.ask("two", seconds: 5) == "answer to two")
        #expect(throws: ControlSocketError.lineTooLong(limit: 16 << 20)) {
            try client.ask(String(repeating: "x", count: 16 << 20), seconds: 5)
        }
        // A whole policy.
        #expect(try client.ask(String(repeating: "x", count: 8 << 20), seconds: 30).utf8.count == (8 << 20) + 10)
    }

    @Test("large answers arrive whole")
    func largeAnswer() throws {
        let folder = try SocketFolder()
        let daemon = try TrialDaemon(folder.socket("control"), role: .admin) { _ in
            String(repeating: "a", count: 6_000_000)
        }
        defer { daemon.stop() }
        #expect(try ControlClient(folder.socket("control")).ask("x", seconds: 20).utf8.count == 6_000_000)
    }

    @Test("says that nobody runs, and how to start it")
    func notRunning() throws {
        let folder = try SocketFolder()
        let path = folder.socket("control")
        #expect(throws: ControlSocketError.notRunning(path: path)) { _ = try ControlClient(path) }
        #expect("\(ControlSocketError.notRunning(path: path))".contains("systemctl start conclave-firewall"))
    }

    @Test("waits no longer than it was told")
    func timeout() throws {
        let folder = try SocketFolder()
        let path = folder.socket("control")
        let daemon = try TrialDaemon(path, role: .admin) { _ in nil }
        defer { daemon.stop() }
        let client = try ControlClient(path)
        #expect(throws: ControlSocketError.noAnswer(path: path, seconds: 1)) { try client.ask("x", seconds: 1) }
    }

    @Test("reports arrive in the form that the daemon reads")
    func reports() throws {
        let folder = try SocketFolder()
        let daemon = try TrialDaemon(folder.socket("chat"))
        defer { daemon.stop() }
        let sender = try ReportSender(folder.socket("chat"))
        defer { sender.stop() }
        sender.report(report(9))
        sender.authenticated([IPAddress(ipv4: 0xCB00_710A)])
        // Told within the hour already.
        sender.authenticated([IPAddress(ipv4: 0xCB00_710A)])
        #expect(SocketTrial.wait { daemon.lines.count >= 2 })
        usleep(50_000)
        let requests = try daemon.lines.map { try ControlRequest(parsing: $0.utf8) }
        #expect(requests == [.report(report(9)), .authenticated([IPAddress(ipv4: 0xCB00_710A)])])
        #expect(sender.count.sent == 2 && sender.count.dropped == 0 && sender.count.isConnected)
    }

    @Test("refusals are counted, with the daemon's words")
    func refusals() throws {
        let folder = try SocketFolder()
        let daemon = try TrialDaemon(folder.socket("chat")) { _ in ControlFailure(.permission, "not for this role").line
        }
        defer { daemon.stop() }
        let sender = try ReportSender(folder.socket("chat"))
        defer { sender.stop() }
        sender.report(report(1))
        #expect(SocketTrial.wait { sender.count.refused == 1 })
        #expect(sender.count.lastRefusal == "not for this role")
    }

    @Test("a daemon that comes later gets what waits, and one that comes again the rest")
    func reconnecting() throws {
        let folder = try SocketFolder()
        let path = folder.socket("chat")
        let sender = try ReportSender(path)
        defer { sender.stop() }
        for number in UInt32(0)..<5 { sender.report(report(number)) }
        #expect(sender.waiting == 5)
        let first = try TrialDaemon(path)
        #expect(SocketTrial.wait { first.lines.count == 5 })
        first.stop()
        #expect(SocketTrial.wait { !sender.count.isConnected })
        sender.report(report(77))
        let second = try TrialDaemon(path)
        defer { second.stop() }
        #expect(SocketTrial.wait { second.lines.count == 1 })
        #expect(try second.lines.map { try ControlRequest(parsing: $0.utf8) } == [.report(report(77))])
        #expect(sender.count.sent == 6)
    }

    @Test("a flood without a daemon fills the queue and no more, and costs its caller nothing")
    func flood() throws {
        let folder = try SocketFolder()
        let sender = try ReportSender(folder.socket("chat"), capacity: 100)
        defer { sender.stop() }
        let clock = ContinuousClock()
        let time = clock.measure { for number in 0..<UInt32(20_000) { sender.report(report(number)) } }
        #expect(sender.waiting == 100)
        #expect(sender.count.dropped == 19_900)
        #expect(time < .seconds(10))
    }

    @Test("a flood with a daemon that does not read blocks nobody")
    func deafDaemon() throws {
        let folder = try SocketFolder()
        let listener = try ControlListener(path: folder.socket("chat"), role: .chat)
        let sender = try ReportSender(folder.socket("chat"), capacity: 100)
        defer { sender.stop() }
        let clock = ContinuousClock()
        let time = clock.measure { for number in 0..<UInt32(20_000) { sender.report(report(number)) } }
        #expect(time < .seconds(10))
        #expect(SocketTrial.wait { sender.waiting == 100 })
        #expect(sender.count.dropped + sender.count.sent + sender.waiting == 20_000)
        _ = listener.path
    }

    @Test("what waits is sent when it is stopped, if somebody is there")
    func stopping() throws {
        let folder = try SocketFolder()
        let daemon = try TrialDaemon(folder.socket("chat"))
        defer { daemon.stop() }
        let sender = try ReportSender(folder.socket("chat"))
        sender.report(report(1))
        #expect(SocketTrial.wait { sender.count.isConnected })
        for number in UInt32(0)..<20 { sender.report(report(number)) }
        sender.stop()
        #expect(SocketTrial.wait { daemon.lines.count == 21 })
        sender.report(report(99))
        #expect(SocketTrial.wait { !sender.count.isConnected })
        #expect(sender.count.dropped == 1)
    }
}
