import ControlSocket
import Firewall
import Glibc
import Testing

@Suite("clients that mean harm")
struct HostileClientTests {
    private let folder: SocketFolder
    private let server: ControlServer

    init() throws {
        folder = try SocketFolder()
        server = ControlServer([
            try ControlListener(path: folder.socket("control"), role: .admin),
            try ControlListener(path: folder.socket("chat"), role: .chat),
        ])
    }

    private func connect(_ name: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(folder.socket(name).utf8)) }
        let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        let code = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(client, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(code == 0)
        return client
    }

    private func say(_ bytes: some Collection<UInt8>, on client: Int32) -> Int {
        let bytes = Array(bytes)
        return max(0, send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)))
    }

    private func turn() -> [[UInt8]] {
        var entries = server.entries()
        poll(&entries, nfds_t(entries.count), 10)
        return server.serve(entries, SteadyClock.milliseconds()).map(\.line)
    }

    /// All of it, or as much as is taken, while the server turns.
    private func pour(_ bytes: [UInt8], on client: Int32) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var sent = 0
        for _ in 0..<20_000 where sent < bytes.count {
            sent += say(bytes[sent..<min(bytes.count, sent + 1 << 16)], on: client)
            lines += turn()
            // Cut off: nobody takes the rest.
            if sent > 0, server.peers.isEmpty { break }
        }
        for _ in 0..<3 { lines += turn() }
        return lines
    }

    private func heard(on client: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = recv(client, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    @Test("a long line of which the end comes byte by byte costs little a byte")
    func byteByByte() throws {
        let client = try connect("control")
        defer { close(client) }
        #expect(pour([UInt8](repeating: 0x78, count: 4 << 20), on: client).isEmpty)
        var lines: [[UInt8]] = []
        // Ten thousand times four mebibytes looked through would be minutes.
        let time = ContinuousClock().measure {
            for _ in 0..<10_000 {
                _ = say([0x79], on: client)
                lines += turn()
            }
        }
        #expect(time < .seconds(15))
        _ = say([0x0A, 0x7A, 0x0A], on: client)
        for _ in 0..<3 { lines += turn() }
        #expect(lines.map(\.count) == [(4 << 20) + 10_000, 1])
    }

    @Test("an administrator's line may have 16 MiB and no more; a reporter's is refused with far less")
    func longLines() throws {
        let client = try connect("control")
        defer { close(client) }
        let whole = [UInt8](repeating: 0x78, count: (16 << 20) - 1) + [0x0A]
        #expect(pour(whole, on: client).map(\.count) == [(16 << 20) - 1])
        #expect(pour([UInt8](repeating: 0x78, count: 17 << 20), on: client).isEmpty)
        #expect(heard(on: client).contains("16777216 bytes"))
        #expect(server.peers.isEmpty)
        let reporter = try connect("chat")
        defer { close(reporter) }
        #expect(pour(whole, on: reporter).isEmpty)
        #expect(heard(on: reporter).contains("65536 bytes"))
        #expect(server.peers.isEmpty)
    }

    @Test("those who say half a line and wait take nothing from those who speak")
    func slowSpeakers() throws {
        var slow: [Int32] = []
        defer { for client in slow { close(client) } }
        for _ in 0..<7 {
            let client = try connect("chat")
            slow.append(client)
            _ = say(Array("{\"op\":".utf8), on: client)
        }
        let speaker = try connect("chat")
        defer { close(speaker) }
        var lines: [[UInt8]] = []
        for number in 0..<200 {
            for client in slow { _ = say([0x20], on: client) }
            _ = say(Array("line \(number)\n".utf8), on: speaker)
            lines += turn()
        }
        for _ in 0..<3 { lines += turn() }
        #expect(lines.map { String(decoding: $0, as: UTF8.self) } == (0..<200).map { "line \($0)" })
    }

    @Test("lines of zeros, of noise and of nothing are handed on as they are, or passed over")
    func noise() throws {
        let client = try connect("chat")
        defer { close(client) }
        let zeros = [UInt8](repeating: 0, count: 50)
        let noise: [UInt8] = [0xFF, 0xFE, 0, 0x0D, 0xC3, 0x28]
        let lines = pour(zeros + [0x0A, 0x0A, 0x0A] + noise + [0x0A], on: client)
        #expect(lines == [zeros, noise])
        for line in lines {
            #expect(throws: ControlFailure.self) { try ControlRequest(parsing: line) }
        }
    }

    @Test("those who come and go in the middle of a word leave nothing behind")
    func comingAndGoing() throws {
        for number in 0..<300 {
            let client = try connect(number % 2 == 0 ? "chat" : "control")
            if number % 3 > 0 { _ = say([UInt8](repeating: 0x7B, count: number * 7), on: client) }
            if number % 5 == 0 { _ = turn() }
            if number % 7 == 0 { shutdown(client, Int32(SHUT_WR)) }
            close(client)
            #expect(turn().isEmpty)
        }
        for _ in 0..<20 { _ = turn() }
        #expect(server.peers.isEmpty)
    }
}
