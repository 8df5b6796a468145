import Chat
import ChatWire
import MLSWire
import NIOCore
import TLSMonitor
import Testing

@Suite("What Conclave sends") struct AcceptanceTests {
    @Test(
        "frames of every type with real MLS in them are proven, and every byte has its class",
        arguments: Material.suites)
    func everything(suite: MLSCipherSuite) throws {
        let material = try Material(suite)
        var inspection = Inspection(canaries: ["something that nobody"])
        var (client, server): ([UInt8], [UInt8]) = ([], [])
        for frame in try material.clientFrames() { client += try Inspection.bytes(frame) }
        for frame in try material.serverFrames() { server += try Inspection.bytes(frame) }
        inspection.say(.clientToServer, client)
        inspection.say(.serverToClient, server)
        let report = inspection.inspector.finish()
        #expect(report.verdict == .proven, "\(report.told)")
        #expect(report.total == client.count + server.count)
        #expect(report.bytes("unaccounted") == 0)
        #expect(report.count("frames_client") == (try material.clientFrames().count))
        #expect(report.count("frames_server") == (try material.serverFrames().count))
        #expect(report.count("private_application") == 2)
        #expect(report.count("private_proposal") == 4)
        #expect(report.count("private_commit") == 2)
        #expect(report.count("welcome") == 1)
        #expect(report.count("group_info") == 2)
        #expect(report.count("key_package") == 5 + 1 + 1 + 1)
        #expect(report.count("public_message") == 3)
        #expect(
            report.bytes("private_application") == material.messages[0].readableBytes
                + material.messages[1].readableBytes)
        #expect(
            report.bytes("words") == "conclave-server 1another commit was firstthe server is being stopped".utf8.count)
        #expect(report.count("control_of") >= 19 && report.count("control_found") == report.count("control_of"))
    }

    @Test("records of any size make no difference", arguments: [1, 2, 3, 5, 64, 1_000])
    func records(size: Int) throws {
        let material = try Material.usual.get()
        var inspection = Inspection()
        for frame in try material.clientFrames() {
            inspection.say(.clientToServer, try Inspection.bytes(frame), record: size)
        }
        for frame in try material.serverFrames() {
            inspection.say(.serverToClient, try Inspection.bytes(frame), record: size)
        }
        let report = inspection.inspector.finish()
        #expect(report.verdict == .proven, "\(report.told)")
    }

    @Test("a frame that comes in pieces is put together")
    func longFrame() throws {
        let material = try Material.usual.get()
        let packages = Array(repeating: material.keyPackages[0], count: 200)
        var inspection = Inspection()
        let bytes = try Inspection.bytes(.publish(RequestID(1), packages: packages, lastResort: material.lastResort))
        #expect(bytes.count > 2 * 60_000)
        inspection.say(.clientToServer, bytes)
        let report = inspection.inspector.finish()
        #expect(report.verdict == .proven, "\(report.told)")
        #expect(report.count("key_package") == 201)
        #expect(report.count("frames_client") == 1)
        #expect(report.total == bytes.count)
    }

    /// What is fetched, how it was announced, and its class.
    enum Fetched: String, CaseIterable { case groupInfo, welcome, commit, message, unannounced, unannouncedMessage }

    @Test("what is fetched in parts is judged when it is whole", arguments: Fetched.allCases)
    func blobs(kind: Fetched) throws {
        let material = try Material.usual.get()
        var inspection = Inspection()
        let blob: ByteBuffer
        switch kind {
        case .groupInfo:
            blob = material.groupInfo
            try inspection.server(.described(RequestID(1), material.status()))
        case .welcome:
            blob = material.welcome
            try inspection.server(
                .welcome(
                    WelcomeNotice(
                        id: 1, room: material.room, sequence: 2, chain: Digest(of: [2]),
                        sender: try material.identity("alice/laptop"), package: [UInt8](repeating: 9, count: 32),
                        welcome: BlobRef(of: blob))))
        case .commit:
            blob = material.commit
            try inspection.server(.entry(try material.entry(.commit, .blob(BlobRef(of: blob)))))
        case .message:
            blob = material.messages[0]
            try inspection.server(.entry(try material.entry(.message, .blob(BlobRef(of: blob)))))
        case .unannounced: blob = material.welcome
        case .unannouncedMessage: blob = material.messages[0]
        }
        try inspection.fetch(blob, in: material.room)
        let report = inspection.inspector.finish()
        #expect(report.verdict == .proven, "\(report.told)")
        #expect(report.count("blobs") == 1)
    }

    @Test("answers may be captured before what they answer, and parts come in any order")
    func order() throws {
        let material = try Material.usual.get()
        var inspection = Inspection()
        let blob = material.groupInfo
        let half = blob.readableBytes / 2
        let parts = [(2, half), (1, 0)].map { ($0.0, $0.1, $0.1 == 0 ? half : blob.readableBytes - half) }
        for (id, start, count) in parts {
            let bytes = try #require(blob.getSlice(at: blob.readerIndex + start, length: count))
            try inspection.server(.part(RequestID(UInt32(id)), total: UInt32(blob.readableBytes), bytes: bytes))
            try inspection.client(.fetch(RequestID(UInt32(id)), material.room, Digest(of: blob), offset: UInt32(start)))
        }
        #expect(inspection.inspector.finish().verdict == .proven)
    }

    @Test("what one connection begins to fetch another may fetch again, or go on with", arguments: [true, false])
    func resumption(fromStart: Bool) throws {
        let material = try Material.usual.get()
        var inspection = Inspection()
        let blob = material.groupInfo
        let half = blob.readableBytes / 2
        try inspection.fetch(blob, in: material.room, only: 0..<half)
        inspection.inspector.close(flow: 1)
        try inspection.fetch(blob, in: material.room, only: (fromStart ? 0 : half)..<blob.readableBytes, flow: 2)
        let report = inspection.inspector.finish()
        #expect(report.verdict == .proven, "\(report.told)")
        #expect(report.bytes("unaccounted") == 0)
    }

    @Test("TLS's own messages under keys have a class of their own")
    func handshake() throws {
        let material = try Material.usual.get()
        var inspection = Inspection()
        let messages: [UInt8] = [8, 0, 0, 2, 0, 0, 11, 0, 0, 3, 1, 2, 3, 20, 0, 0, 1, 9, 4, 0, 0, 0]
        inspection.say(.serverToClient, messages, type: 22, record: 7)
        try inspection.client(.enter(RequestID(1), material.room))
        inspection.say(.clientToServer, [1, 0], type: 21)
        let report = inspection.inspector.finish()
        #expect(report.verdict == .proven, "\(report.told)")
        #expect(report.bytes("tls") == messages.count + 2)
    }

    @Test("every connection is judged by itself")
    func connections() throws {
        let material = try Material.usual.get()
        var inspection = Inspection()
        let bytes = try Inspection.bytes(.send(RequestID(1), material.room, token: 1, payload: material.messages[0]))
        // Interleaved, each frame in two halves.
        for flow in 1...3 { inspection.say(.clientToServer, Array(bytes[..<50]), flow: flow) }
        for flow in 1...3 { inspection.say(.clientToServer, Array(bytes[50...]), flow: flow) }
        let report = inspection.inspector.finish()
        #expect(report.verdict == .proven, "\(report.told)")
        #expect(report.count("connections") == 3)
        #expect(report.count("private_application") == 3)
    }
}

extension Inspection {
    /// Asks for a blob, or a stretch of it, and is given it in parts.
    mutating func fetch(
        _ blob: ByteBuffer, in room: RoomID, as hash: Digest? = nil, only range: Range<Int>? = nil, flow: Int = 1,
        partLength: Int = 700
    ) throws {
        let range = range ?? 0..<blob.readableBytes
        var request: UInt32 = 100
        for start in stride(from: range.lowerBound, to: range.upperBound, by: partLength) {
            request += 1
            let count = min(partLength, range.upperBound - start)
            let bytes = try #require(blob.getSlice(at: blob.readerIndex + start, length: count))
            try client(
                .fetch(RequestID(request), room, hash ?? Digest(of: blob), offset: UInt32(start)), flow: flow)
            try server(
                .part(RequestID(request), total: UInt32(blob.readableBytes), bytes: bytes), flow: flow)
        }
    }
}
