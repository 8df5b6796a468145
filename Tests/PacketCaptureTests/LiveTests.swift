import Foundation
import Glibc
import PacketCapture
import TLSMonitor
import Testing

@Suite("Live capture", .enabled(if: Rights.mayCapture, "CAP_NET_RAW is missing"), .serialized)
struct LiveTests {
    /// Two sockets on the loopback interface, connected to each other.
    private final class Pair {
        let client: Int32
        let port: UInt16

        init() throws {
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let size = length
            let results = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    [bind(listener, pointer, size), listen(listener, 1), getsockname(listener, pointer, &length)]
                }
            }
            try #require(results == [0, 0, 0])
            port = UInt16(bigEndian: address.sin_port)
            socketAddress = address
            listening = dup(listener)
        }

        private var socketAddress: sockaddr_in
        private let listening: Int32

        /// Says `words` from the client to the server, which answers with them.
        func talk(_ words: [UInt8]) throws {
            let connected = withUnsafePointer(to: &socketAddress) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            try #require(connected == 0)
            let server = accept(listening, nil, nil)
            try #require(server >= 0)
            defer { close(server) }
            try #require(write(client, words, words.count) == words.count)
            var buffer = [UInt8](repeating: 0, count: words.count)
            try #require(recv(server, &buffer, buffer.count, Int32(MSG_WAITALL)) == words.count)
            try #require(write(server, buffer, buffer.count) == words.count)
            try #require(recv(client, &buffer, buffer.count, Int32(MSG_WAITALL)) == words.count)
            try #require(buffer == words)
            shutdown(client, Int32(SHUT_RDWR))
        }

        deinit {
            close(client)
            close(listening)
        }
    }

    @Test("sees what two sockets on the loopback interface say") func loopback() throws {
        let pair = try Pair()
        let capture = try LiveCapture(interface: "lo", filter: "tcp port \(pair.port)")
        #expect(capture.link == 1)
        let words = Array("these are plain words, and no TLS".utf8)
        try pair.talk(words)
        let monitor = TrafficMonitor(markers: [Marker("plain words")].compactMap { $0 })
        for _ in 0..<10 { try capture.wait(milliseconds: 50) { monitor.receive($0, $1) } }
        let report = monitor.finish(CaptureFacts(drops: capture.drops))
        #expect(report.payloadBytes == 2 * words.count)
        #expect(report.verdict == .refuted)
        #expect(report.flows.map(\.server.port) == [pair.port])
        #expect(report.findings.contains { $0.words.contains("the marker \"plain words\" is on the wire") })
        #expect(capture.drops == 0)
    }

    @Test("keeps to its filter and its limit") func filter() throws {
        let pair = try Pair()
        let other = try LiveCapture(interface: "lo", filter: "tcp port \(pair.port) and src net 192.0.2.0/24")
        let one = try LiveCapture(interface: "lo", filter: "tcp port \(pair.port)")
        try pair.talk([1, 2, 3, 4, 5, 6, 7, 8])
        var packets = 0
        try other.wait(milliseconds: 200) { _, _ in packets += 1 }
        #expect(packets == 0)
        for _ in 0..<10 where packets == 0 { try one.wait(milliseconds: 100, limit: 3) { _, _ in packets += 1 } }
        #expect((1...3).contains(packets))
        #expect(throws: CaptureError.self) { try LiveCapture(interface: "lo", filter: "port banana") }
        #expect(throws: CaptureError.self) { try LiveCapture(interface: "nowhere0", filter: "") }
    }

    @Test("several interfaces are captured on at once, numbered through, and counted one by one") func several() throws
    {
        let pair = try Pair()
        let live = try LiveCaptures(CaptureOptions(interfaces: ["lo", "any"], filter: "tcp port \(pair.port)"))
        #expect(live.captures.map(\.link) == [1, live.captures[1].link] && [113, 276].contains(live.captures[1].link))
        try pair.talk(Array("said once, seen on both".utf8))
        var numbers: [Int] = [], places: [Int: Int] = [:], times: Set<Int64> = []
        for _ in 0..<10 {
            live.wait(milliseconds: 50) { place, packet, _ in
                numbers.append(packet.number)
                places[place, default: 0] += 1
                times.insert(packet.time % 1_000)
            }
        }
        #expect(numbers == Array(1...max(1, numbers.count)) && !live.isOver && live.endings.isEmpty)
        #expect((places[0] ?? 0) >= 7 && (places[1] ?? 0) >= 7)
        // In nanoseconds: not all of them are multiples of 1,000.
        #expect(times.count > 1)
        #expect(live.statistics.map(\.interface) == ["lo", "any"])
        #expect(live.statistics.allSatisfy { $0.received >= 7 && $0.lost == 0 } && live.drops == 0)
        #expect(throws: CaptureError.noSuchInterface("nowhere0")) {
            _ = try LiveCaptures(CaptureOptions(interfaces: ["lo", "nowhere0"]))
        }
    }

    @Test("a short snapshot length cuts packets, and tells their length") func snapshot() throws {
        let pair = try Pair()
        var options = CaptureOptions(interfaces: ["lo"], filter: "tcp port \(pair.port)")
        options.snapshotLength = 64
        options.bufferMiB = 1
        options.isPromiscuous = false
        let capture = try LiveCapture(interface: "lo", options)
        try pair.talk([UInt8](repeating: 7, count: 5_000))
        var longest = 0, original = 0
        for _ in 0..<10 {
            try capture.wait(milliseconds: 50) { packet, bytes in
                longest = max(longest, bytes.count)
                original = max(original, packet.originalLength)
            }
        }
        #expect(longest == 64 && original > 5_000)
    }

    @Test("the program keeps what it captured, and the file gives the same verdict") func program() throws {
        let file = try TemporaryFile(name: "kept.pcap")
        let nothing = try Program.run(
            ["prove", "-i", "lo", "--duration", "0.3", "--write", file.path, "tcp port 1"])
        #expect(nothing.status == 2)
        #expect(nothing.errors.contains("capturing on lo (tcp port 1); Ctrl-C ends it"))
        #expect(try Program.run(["prove", file.path]).status == 2)
        #expect(nothing.output.contains("sha256"))
    }
}
