import Foundation
import PacketCapture
import TLSMonitor
import Testing

@Suite("Capture files") struct CaptureFileTests {
    private static let packet = Array<UInt8>(0..<61)

    private func read(_ bytes: [UInt8]) throws -> ReadCapture {
        let file = try TemporaryFile(bytes)
        return try withExtendedLifetime(file) { try ReadCapture(file.path) }
    }

    // MARK: pcap

    @Test(
        "pcap is read in both byte orders and resolutions", arguments: [false, true],
        [0xA1B2_C3D4, 0xA1B2_3C4D] as [UInt32])
    func pcap(isBig: Bool, magic: UInt32) throws {
        var file = CaptureBytes.pcap(isBig: isBig, magic: magic, link: 276)
        file.record(Self.packet, seconds: 1_700_000_000, part: 123_456)
        file.record([], seconds: 5, part: 0, original: 99)
        let capture = try read(file.bytes)
        #expect(capture.error == nil && !capture.endsEarly && capture.drops == 0)
        #expect(capture.packets.map(\.1) == [Self.packet, []])
        let part: Int64 = magic == 0xA1B2_3C4D ? 123_456 : 123_456_000
        #expect(capture.packets.map(\.0.time) == [1_700_000_000_000_000_000 + part, 5_000_000_000])
        #expect(capture.packets.map(\.0.link) == [.cooked2, .cooked2])
        #expect(capture.packets.map(\.0.originalLength) == [61, 99])
        #expect(capture.packets.map(\.0.number) == [1, 2])
    }

    @Test("links are known by their numbers")
    func links() throws {
        let numbers: [(UInt32, LinkType)] = [
            (1, .ethernet), (0, .null), (108, .null), (113, .cooked), (276, .cooked2), (12, .raw), (101, .raw),
            (228, .raw), (229, .raw), (147, .other(147)), (0x1000_0001, .ethernet), (9, .ppp), (50, .pppHDLC),
            (104, .ciscoHDLC), (51, .pppoe), (105, .wifi), (127, .radiotap), (119, .prism), (163, .avs), (109, .enc),
            (117, .pflog), (239, .nflog), (226, .ipnet), (258, .pktap),
        ]
        for (number, link) in numbers {
            var file = CaptureBytes.pcap(link: number)
            file.record([1])
            #expect(try read(file.bytes).packets.map(\.0.link) == [link])
        }
    }

    @Test("a pcap file that is cut off gives what is whole, and says so") func cutPcap() throws {
        var file = CaptureBytes.pcap()
        file.record(Self.packet)
        let one = file.bytes.count
        file.record(Self.packet)
        for count in 24...file.bytes.count {
            let capture = try read(Array(file.bytes[..<count]))
            #expect(capture.error == nil)
            #expect(capture.packets.count == (count == file.bytes.count ? 2 : count >= one ? 1 : 0))
            #expect(capture.endsEarly == (![24, one, file.bytes.count].contains(count)))
            let place = count < one ? 24 : one
            #expect(
                capture.damage
                    == (capture.endsEarly
                        ? "the capture file ends in the middle of a packet, which begins at byte \(place)" : nil))
        }
    }

    @Test(
        "a packet that is longer than any is refused", arguments: [1 << 24 + 1, 0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32])
    func longPacket(length: UInt32) throws {
        var file = CaptureBytes.pcap()
        file.record(Self.packet)
        file.record(Self.packet, length: length)
        let capture = try read(file.bytes)
        #expect(capture.packets.count == 1 && capture.error == nil && !capture.endsEarly)
        #expect(
            capture.damage == "the capture file is damaged at byte 101: a packet of \(length) bytes; "
                + "what lies behind that was not read")
        // Before the first packet there is nothing to report.
        var broken = CaptureBytes.pcap()
        broken.record(Self.packet, length: length)
        #expect(
            try read(broken.bytes).error.map { "\($0)".hasSuffix("is damaged at byte 24: a packet of \(length) bytes") }
                == true)
    }

    @Test("a packet has eight bytes more in front in a modified libpcap's files", arguments: [false, true])
    func modified(isBig: Bool) throws {
        var file = CaptureBytes.pcap(isBig: isBig, magic: 0xA1B2_CD34)
        for _ in 0..<2 {
            for word in [7, 5, 61, 61, 3, 0x0800_0000] as [UInt32] { file.add32(word) }
            file.bytes += Self.packet
        }
        let capture = try read(file.bytes)
        #expect(capture.packets.map(\.1) == [Self.packet, Self.packet] && capture.damage == nil)
        #expect(capture.packets.map(\.0.time) == [7_000_005_000, 7_000_005_000])
    }

    @Test("what is no capture is refused in words") func strangers() throws {
        for bytes: [UInt8] in [
            [], [1], Array("#!/bin/sh\necho this is not a capture\n".utf8), [UInt8](repeating: 0, count: 99),
        ] {
            #expect(throws: CaptureError.self) { try read(bytes) }
        }
        for (magic, program) in [
            ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([0xFD, 0x37, 0x7A, 0x58], "xz"), ([4, 0x22, 0x4D, 0x18], "lz4"),
            ([0x42, 0x5A, 0x68, 0x39], "bzip2"),
        ] as [([UInt8], String)] {
            #expect {
                try read(magic + [0, 0, 0, 0])
            } throws: { "\($0)".contains("compressed with \(program); unpack it first: \(program) -dk /") }
        }
        #expect {
            try ReadCapture("/nowhere/at all")
        } throws: { "\($0)" == "/nowhere/at all cannot be read: No such file or directory" }
        #expect {
            try ReadCapture("/")
        } throws: { "\($0)".contains("it is a folder") }
        #expect(throws: CaptureError.self) { try read(Array(CaptureBytes.pcap().bytes[..<23])) }
    }

    // MARK: pcapng

    @Test("pcapng is read in both byte orders, also in one file") func pcapng() throws {
        var file = CaptureBytes.pcapng()
        file.interface(resolution: 9)
        file.enhanced(Self.packet, stamp: 1_700_000_000_123_456_789)
        file.isBig = true
        file.section()
        file.interface(link: 113)
        file.enhanced([1, 2, 3], stamp: 1_700_000_000_123_456, original: 77)
        let capture = try read(file.bytes)
        #expect(capture.error == nil && !capture.endsEarly)
        #expect(capture.packets.map(\.1) == [Self.packet, [1, 2, 3]])
        #expect(capture.packets.map(\.0.link) == [.ethernet, .cooked])
        #expect(capture.packets.map(\.0.time) == [1_700_000_000_123_456_789, 1_700_000_000_123_456_000])
        #expect(capture.packets.map(\.0.originalLength) == [61, 77])
    }

    /// if_tsresol, the stamp, and nanoseconds.
    @Test(
        "times have the interface's resolution",
        arguments: [
            (0, 7, 7_000_000_000), (3, 1_500, 1_500_000_000), (9, 5, 5), (12, 5_999, 5), (0x80, 3, 3_000_000_000),
            (0x81, 3, 1_500_000_000), (0x8A, 1_536, 1_500_000_000), (0x7F, 1, 0), (0xFF, 1 << 62, 500_000_000),
            (0, 1 << 62, 0), (0xBF, 1 << 63, 1_000_000_000),
        ] as [(UInt8, UInt64, Int64)])
    func resolution(code: UInt8, stamp: UInt64, time: Int64) throws {
        var file = CaptureBytes.pcapng()
        file.interface(resolution: code)
        file.enhanced([1], stamp: stamp)
        #expect(try read(file.bytes).packets.map(\.0.time) == [time])
    }

    @Test("secrets of TLS sessions are handed out, and other secrets are not") func secrets() throws {
        var file = CaptureBytes.pcapng()
        let random = String(repeating: "0f", count: 32)
        let secret = String(repeating: "2a", count: 48)
        for (kind, label) in [(0x544C_534B as UInt32, "CLIENT_RANDOM"), (0x5747_4B4C, "CLIENT_TRAFFIC_SECRET_0")] {
            let line = Array("\(label) \(random) \(secret)".utf8)
            file.block(10) { block in
                block.add32(kind)
                block.add32(UInt32(line.count))
                block.bytes += line
            }
        }
        let stored = try TemporaryFile(file.bytes)
        let keyLog = KeyLog()
        let capture = try CaptureFile(path: stored.path, keyLog: keyLog)
        #expect(try !capture.next({ _, _ in }))
        #expect(keyLog.count == 1 && keyLog.unusedLines == 0)
    }

    @Test("secrets that end behind their block are refused", arguments: [0, 4, 8])
    func cutSecrets(count: Int) throws {
        var file = CaptureBytes.pcapng()
        file.block(10) { block in
            if count > 0 { block.add32(0x544C_534B) }
            if count > 4 { block.add32(100) }
        }
        #expect(try read(file.bytes).error.map { "\($0)".contains("secrets") } == true)
    }

    @Test("several interfaces, simple and obsolete packets, and blocks that are not known") func blocks() throws {
        var file = CaptureBytes.pcapng()
        file.interface(link: 1, snapshot: 10)
        file.interface(link: 276)
        file.block(0x0000_0BAD) { $0.bytes += Array("a custom block".utf8) }
        file.block(10) { block in
            block.add32(0x5747_4B4C)
            block.add32(3)
            block.bytes += Array("key".utf8)
        }
        file.enhanced([1, 2], interface: 1)
        file.block(3) { block in
            block.add32(40)
            block.bytes += [UInt8](repeating: 7, count: 10)
        }
        file.block(2) { block in
            block.add16(1)
            block.add16(0)
            for word in [0, 1_000_000, 3, 50] as [UInt32] { block.add32(word) }
            block.bytes += [4, 5, 6]
        }
        let capture = try read(file.bytes)
        #expect(capture.error == nil)
        #expect(capture.packets.map(\.1) == [[1, 2], [UInt8](repeating: 7, count: 10), [4, 5, 6]])
        #expect(capture.packets.map(\.0.link) == [.cooked2, .ethernet, .cooked2])
        #expect(capture.packets.map(\.0.originalLength) == [2, 40, 50])
        #expect(capture.packets.last?.0.time == 1_000_000_000)
    }

    @Test("packets that were lost are told, once", arguments: [false, true])
    func drops(isBig: Bool) throws {
        var file = CaptureBytes.pcapng(isBig: isBig)
        file.interface()
        file.interface()
        func count(_ number: UInt8) -> [UInt8] {
            let little: [UInt8] = [number, 0, 0, 0, 0, 0, 0, 0]
            return isBig ? little.reversed() : little
        }
        for (interface, number) in [(0, 3), (1, 4), (0, 3), (0, 5)] as [(UInt32, UInt8)] {
            file.block(5) { block in
                for word in [interface, 0, 0] { block.add32(word) }
                block.option(4, count(200))
                block.option(5, count(number))
                block.option(7, count(1))
            }
        }
        // 5 and 1 of the first, 4 and 1 of the second.
        #expect(try read(file.bytes).drops == 11)
    }

    @Test("more lost packets than can be believed are counted no further")
    func endlessDrops() throws {
        var file = CaptureBytes.pcapng()
        // Each section claims 2^60 of them, in 12 MiB.
        for section in 0..<2 {
            if section > 0 { file.section() }
            file.interface()
            file.block(5) { block in
                for word in [0, 0, 0] as [UInt32] { block.add32(word) }
                for _ in 0..<(1 << 20) { block.option(5, [UInt8](repeating: 0xFF, count: 8)) }
            }
        }
        #expect(try read(file.bytes).drops == 1 << 60)
    }

    @Test("a pcapng file that is cut off gives what is whole, and says so") func cutPcapng() throws {
        var file = CaptureBytes.pcapng()
        file.interface()
        let start = file.bytes.count
        file.enhanced(Self.packet)
        let one = file.bytes.count
        file.enhanced(Self.packet)
        for count in start...file.bytes.count {
            let capture = try read(Array(file.bytes[..<count]))
            #expect(capture.error == nil)
            #expect(capture.packets.count == (count == file.bytes.count ? 2 : count >= one ? 1 : 0))
            #expect(capture.endsEarly == (![start, one, file.bytes.count].contains(count)))
        }
    }

    @Test("damaged blocks are refused, with what came before them") func damaged() throws {
        func refused(_ damage: (inout CaptureBytes) -> Void) throws -> Bool {
            var file = CaptureBytes.pcapng()
            file.interface()
            file.enhanced([1])
            damage(&file)
            file.enhanced([2])
            let capture = try read(file.bytes)
            #expect(capture.error == nil)
            guard let damage = capture.damage, damage.contains("is damaged at byte") else { return false }
            return capture.packets.map(\.1) == [[1]]
        }
        for length: UInt32 in [0, 1, 8, 11, 13, 0x7FFF_FFFC, 0xFFFF_FFFF] {
            #expect(try refused { $0.block(6, length: length) { $0.add32(0) } }, "length \(length)")
        }
        #expect(try refused { $0.block(6, trailer: 20) { $0.add32(0) } })
        #expect(try refused { $0.block(6) { $0.add32(0) } })
        #expect(try refused { $0.enhanced([1], interface: 1) })
        #expect(try refused { $0.enhanced([1], length: 60) })
        #expect(try refused { $0.enhanced([1], length: 0xFFFF_FFFF) })
        #expect(try refused { $0.block(3) { _ in } })
        #expect(try refused { $0.block(2) { $0.add32(0) } })
        #expect(try refused { $0.block(5) { $0.add32(0) } })
        #expect(try refused { $0.block(1) { $0.add32(0) } })
        #expect(try refused { $0.block(0x0A0D_0D0A) { $0.add32(0xDEAD_BEEF) } })
        #expect(try !refused { $0.block(4) { $0.add32(0) } })
    }

    @Test("a file cannot describe interfaces without end") func manyInterfaces() throws {
        var file = CaptureBytes.pcapng()
        for _ in 0..<4_097 { file.interface() }
        #expect(try read(file.bytes).error.map { "\($0)".contains("an interface") } == true)
    }

    // MARK: Filters, writing

    @Test("a filter keeps what passes, and is refused if it is none") func filters() throws {
        var frame = [UInt8](repeating: 0, count: 54)
        frame.replaceSubrange(12..<15, with: [8, 0, 0x45])
        frame[23] = 6
        frame.replaceSubrange(34..<38, with: [0x1D, 0x13, 0xC3, 0x50])
        func passes(_ text: String, _ link: LinkType = .ethernet) throws -> Bool {
            let filter = try CaptureFilter(text)
            return frame.withUnsafeBytes {
                filter.passes(CapturedPacket(number: 1, time: 0, link: link, originalLength: 54), $0)
            }
        }
        #expect(try passes("tcp port 7443"))
        #expect(try !passes("tcp port 7444"))
        #expect(try !passes("udp"))
        // What the filter cannot judge must not be hidden.
        #expect(try passes("udp", .other(99_999)))
        #expect {
            try CaptureFilter("port banana")
        } throws: { "\($0)".contains("\"port banana\" is not understood") }
    }

    @Test("what is written is read again, to the nanosecond, with the same digest") func roundTrip() throws {
        let file = try TemporaryFile()
        let writer = try CaptureWriter(path: file.path, link: 113)
        let packets: [(Int64, [UInt8], Int)] = [
            (1_700_000_000_123_456_789, Self.packet, 61), (1, [], 0), (2, [9], 1_500),
            (3, [UInt8](repeating: 5, count: 70_000), 70_000),
        ]
        for (time, bytes, length) in packets {
            bytes.withUnsafeBytes {
                writer.write(CapturedPacket(number: 0, time: time, link: .cooked, originalLength: length), $0)
            }
        }
        let digest = try writer.finish()
        let capture = try ReadCapture(file.path)
        #expect(capture.digest == digest && digest.count == 64)
        #expect(capture.packets.map(\.1) == packets.map(\.1))
        #expect(capture.packets.map(\.0.time) == packets.map(\.0))
        #expect(capture.packets.map(\.0.originalLength) == packets.map(\.2))
        #expect(capture.packets.allSatisfy { $0.0.link == .cooked })
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o644 || mode == 0o600)
    }

    @Test("a file that cannot be written is told") func unwritable() throws {
        #expect(throws: CaptureError.self) { try CaptureWriter(path: "/nowhere/at all", link: 1) }
        let writer = try CaptureWriter(path: "/dev/full", link: 1)
        [UInt8](repeating: 0, count: 100_000).withUnsafeBytes {
            writer.write(CapturedPacket(number: 1, time: 0, link: .raw, originalLength: 100_000), $0)
        }
        #expect(throws: CaptureError.self) { try writer.finish() }
    }

    @Test("the digest is that of the whole file, wherever reading stopped") func digest() throws {
        var file = CaptureBytes.pcap()
        file.record([UInt8](repeating: 97, count: 3_000_000))
        let path = try TemporaryFile(file.bytes)
        let whole = try ReadCapture(path.path).digest
        let unread = try CaptureFile(path: path.path)
        #expect(unread.digest() == whole)
        file.bytes[file.bytes.count - 1] = 98
        let other = try TemporaryFile(file.bytes)
        #expect(try ReadCapture(other.path).digest != whole)
    }
}
