import Chat
import ChatWire
import NIOCore
import TLSMonitor
import Testing

@Suite("What is put into frames and around them") struct FrameSmugglingTests {
    private static let text = PayloadSmugglingTests.text

    private func report(_ feed: (inout Inspection) throws -> Void) rethrows -> InnerReport {
        var inspection = Inspection()
        try feed(&inspection)
        return inspection.inspector.finish()
    }

    /// The bytes of a frame with more at the end of its body.
    private func padded(_ bytes: [UInt8], with padding: [UInt8]) -> [UInt8] {
        Inspection.raw(bytes[4], Array(bytes[5...]) + padding)
    }

    @Test("bytes behind a frame's body are refused", arguments: [1, 85])
    func padding(count: Int) throws {
        let material = try Material.usual.get()
        for frame in try material.clientFrames() {
            let seen = try report {
                $0.say(.clientToServer, padded(try Inspection.bytes(frame), with: Array(Self.text.prefix(count))))
            }
            #expect(seen.verdict == .refuted)
            #expect(seen.says("is not what its type says"), "\(seen.told)")
        }
        for frame in try material.serverFrames() {
            let seen = try report {
                $0.say(.serverToClient, padded(try Inspection.bytes(frame), with: Array(Self.text.prefix(count))))
            }
            #expect(seen.verdict == .refuted)
        }
    }

    @Test("a number that is read in fewer forms than it is written in is refused")
    func nonCanonical() throws {
        let failure: ServerFrame = .failed(RequestID(1), Failure(.refused, "no"))
        var bytes = try Inspection.bytes(failure)
        // Behind length, type, request and code: whether it can be retried.
        let place = 4 + 1 + 4 + 2
        #expect(bytes[place] == 0)
        #expect(report { $0.say(.serverToClient, bytes) }.verdict == .proven)
        bytes[place] = 0x41
        let seen = report { $0.say(.serverToClient, bytes) }
        #expect(seen.verdict == .refuted)
    }

    @Test(
        "frames of unknown types, and those of the other side, are refused", arguments: [0, 16, 61, 64, 80, 200, 255])
    func types(type: UInt8) {
        let seen = report { $0.say(.clientToServer, Inspection.raw(type, Self.text)) }
        #expect(seen.verdict == .refuted)
        #expect(seen.says("there is no such type"))
        #expect(seen.bytes("unaccounted") == Self.text.count + 5)
    }

    @Test("a server has no pieces, and no client's frames", arguments: [1, 4, 62, 63, 85])
    func serverTypes(type: UInt8) {
        #expect(report { $0.say(.serverToClient, Inspection.raw(type, Self.text)) }.verdict == .refuted)
    }

    @Test("what is no frame at all is refused once, and all of it is unaccounted")
    func noFrames() {
        let request = Array("GET / HTTP/1.1\r\nHost: chat.test\r\n\r\n".utf8)
        let seen = report {
            $0.say(.clientToServer, request)
            $0.say(.clientToServer, Self.text)
        }
        #expect(seen.verdict == .refuted)
        #expect(seen.findings.count { $0.weight == .violation } == 1)
        #expect(seen.says("no Conclave frame, from its frame 1 on"))
        #expect(seen.bytes("unaccounted") == request.count + Self.text.count)
    }

    @Test("frames amid the pieces of another are refused")
    func amid() throws {
        let material = try Material.usual.get()
        let seen = try report {
            $0.say(.clientToServer, Inspection.raw(62, Self.text))
            try $0.client(.enter(RequestID(1), material.room))
        }
        #expect(seen.verdict == .refuted)
    }

    @Test("pieces that make up no frame are refused, and pieces without an end leave a doubt")
    func pieces() {
        let whole = report {
            $0.say(.clientToServer, Inspection.raw(62, Self.text) + Inspection.raw(63, [6] + Self.text))
        }
        #expect(whole.verdict == .refuted)
        #expect(whole.says("type 6"))
        let open = report { $0.say(.clientToServer, Inspection.raw(62, Self.text)) }
        #expect(open.verdict == .inconclusive)
        #expect(open.says("ends within a frame"))
        #expect(open.bytes("unaccounted") == Self.text.count + 5)
    }

    @Test("a reference that is no hash is refused")
    func references() throws {
        let material = try Material.usual.get()
        var submission = try material.submission()
        submission.recipients[0].package = Array("meet at noon".utf8)
        #expect(try report { try $0.client(.submit(RequestID(1), submission)) }.says("that is no hash"))
        let notice = WelcomeNotice(
            id: 1, room: material.room, sequence: 2, chain: Digest(of: [2]),
            sender: try material.identity("alice/laptop"), package: Array("meet at noon".utf8),
            welcome: BlobRef(of: material.welcome))
        #expect(try report { try $0.server(.welcome(notice)) }.says("that is no hash"))
    }

    // MARK: Blobs

    @Test("a blob that is not what its hash says is refused")
    func wrongHash() throws {
        let material = try Material.usual.get()
        let seen = try report {
            try $0.fetch(material.groupInfo, in: material.room, as: Digest(of: material.welcome))
        }
        #expect(seen.verdict == .refuted)
        #expect(seen.says("has not the SHA-256 that was asked for"))
        #expect(seen.bytes("unaccounted") == material.groupInfo.readableBytes)
    }

    @Test("text as a blob is refused, though its hash be right, and announced")
    func textBlob() throws {
        let material = try Material.usual.get()
        let blob = ByteBuffer(bytes: Self.text)
        let seen = try report {
            try $0.server(.entry(try material.entry(.commit, .blob(BlobRef(of: blob)))))
            try $0.fetch(blob, in: material.room, partLength: 10)
        }
        #expect(seen.verdict == .refuted)
        #expect(seen.says("where an MLS commit belongs is something else"))
        #expect(!seen.told.contains("noon"))
    }

    @Test("a blob of another kind, or size, than announced is refused")
    func otherBlob() throws {
        let material = try Material.usual.get()
        let kind = try report {
            try $0.server(.entry(try material.entry(.commit, .blob(BlobRef(of: material.welcome)))))
            try $0.fetch(material.welcome, in: material.room)
        }
        #expect(kind.says("of another kind (mls_welcome)"), "\(kind.told)")
        let size = try report {
            let blob = BlobRef(size: 5, hash: Digest(of: material.commit))
            try $0.server(.entry(try material.entry(.commit, .blob(blob))))
            try $0.fetch(material.commit, in: material.room)
        }
        #expect(size.says("and 5 were announced"), "\(size.told)")
        let package = try report { try $0.fetch(material.keyPackages[0], in: material.room) }
        #expect(package.says("of another kind (mls_key_package)"))
    }

    @Test("parts that contradict each other are refused")
    func contradiction() throws {
        let material = try Material.usual.get()
        let hash = Digest(of: material.groupInfo)
        func ask(_ parts: [(offset: UInt32, total: UInt32, bytes: [UInt8])]) throws -> InnerReport {
            try report {
                for (index, part) in parts.enumerated() {
                    let id = RequestID(UInt32(index + 1))
                    try $0.client(.fetch(id, material.room, hash, offset: part.offset))
                    try $0.server(.part(id, total: part.total, bytes: ByteBuffer(bytes: part.bytes)))
                }
            }
        }
        #expect(try ask([(0, 100, [1, 2]), (0, 100, [1, 3])]).says("with other bytes before"))
        #expect(try ask([(0, 100, [1, 2]), (2, 99, [1, 3])]).says("of different sizes"))
        #expect(try ask([(99, 100, [1, 2])]).says("outside of its blob"))
        #expect(try ask([(UInt32.max, 100, [1])]).says("outside of its blob"))
        #expect(try ask([(0, UInt32.max, [1])]).says("outside of its blob"))
        #expect(try ask([(0, 4, [1, 2, 3]), (2, 4, [4, 4])]).says("overlap"))
        #expect(try ask([(0, 100, [1, 2])]).verdict == .inconclusive)
        #expect(try ask([(0, 100, [1, 2]), (50, 100, [1])]).says("fetched in part"))
    }

    @Test("a part that nobody asked for is refused")
    func unasked() throws {
        let seen = try report {
            try $0.server(.part(RequestID(9), total: 85, bytes: ByteBuffer(bytes: Self.text)))
        }
        #expect(seen.verdict == .refuted)
        #expect(seen.says("nobody asked for"))
        #expect(seen.bytes("unaccounted") == Self.text.count)
    }

    // MARK: TLS

    @Test("records of types that TLS does not have are refused", arguments: [0, 20, 24, 99])
    func recordTypes(type: UInt8) throws {
        let material = try Material.usual.get()
        let seen = try report {
            try $0.client(.enter(RequestID(1), material.room))
            $0.say(.clientToServer, Self.text, type: type)
        }
        #expect(seen.verdict == .refuted)
        #expect(seen.bytes("unaccounted") == Self.text.count)
    }

    @Test("text as an alert or as a handshake message is refused", arguments: [21, 22])
    func tlsMessages(type: UInt8) {
        #expect(report { $0.say(.clientToServer, Self.text, type: type) }.says("that TLS does not send"))
    }

    // MARK: What is not there

    @Test("what is missing leaves a doubt, and nothing after it is judged")
    func missing() throws {
        let material = try Material.usual.get()
        let seen = try report {
            try $0.client(.enter(RequestID(1), material.room))
            $0.miss(.clientToServer)
            $0.miss(.clientToServer)
            $0.say(.clientToServer, Self.text)
        }
        #expect(seen.verdict == .inconclusive)
        #expect(seen.findings.count == 1)
        #expect(seen.says("cannot be judged from here on"))
        #expect(seen.bytes("unaccounted") == Self.text.count)
    }

    @Test("that nothing was opened proves nothing")
    func nothing() {
        let seen = report { _ in }
        #expect(seen.verdict == .inconclusive)
        #expect(seen.says("no Conclave frame was opened"))
    }
}
