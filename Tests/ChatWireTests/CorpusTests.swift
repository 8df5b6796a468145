import ChatWire
import NIOCore
import Testing

@Suite("Corpus of the fuzzer, frames") struct CorpusTests {
    private static let corpus = CorpusFolder(beside: #filePath)

    @Test("every input is refused, or encoded to the same bytes again", arguments: FuzzedDecoder.frames)
    func replay(decoder: FuzzedDecoder) throws { try Self.corpus.replay(decoder) }

    @Test("there is an input for every decoder, and for nothing else")
    func complete() throws { try Self.corpus.expectNothing(but: FuzzedDecoder.frames) }

    @Test("an assembler that was given too much keeps nothing")
    func tooMuch() {
        // 280 pieces of 60,000 bytes are 16.8 MB.
        let pieces = [[UInt8]](repeating: [62, 0, 0xEA, 0x60], count: 280).flatMap { $0 }
        #expect(throws: FuzzedFrames.Unexpected.self) { try FuzzedFrames.assemble(pieces) }
    }

    /// Not a test, but how the values were made: with other frames they are to be made anew.
    @Test("write values to the corpus", .enabled(if: CorpusFolder.isWritten, "CONCLAVE_WRITE_CORPUS is not 1"))
    func write() throws {
        func content(_ frame: ByteBuffer) -> [UInt8] { Array(frame.readableBytesView.dropFirst(4)) }
        func short(_ frames: [ByteBuffer]) -> [[UInt8]] { frames.map(content).filter { $0.count < 1_000 } }
        try Self.corpus.write(short(Samples.clientFrames().map { try Samples.encode($0) }), of: "ClientFrame")
        try Self.corpus.write(short(Samples.serverFrames().map { try Samples.encode($0) }), of: "ServerFrame")
        try Self.corpus.write(
            [
                [62, 0, 0xEA, 0x60, 62, 0, 0, 0, 63, 5, 0, 9, 11, 0, 0, 4], [63, 3, 0, 20, 62, 1, 0, 1],
                [64, 0, 0, 1, 1, 0, 0, 20],
            ], of: "FrameAssembler")
        let policies = [
            RoomPolicy(.open), RoomPolicy(.invite, auditor: try Samples.user("eve")), RoomPolicy(.direct),
        ]
        try Self.corpus.write(policies.map(\.encoded), of: "RoomPolicy")
        let (alice, bob) = (try Samples.identity("alice/laptop"), try Samples.identity("bob/phone"))
        let plain = Submission(room: Samples.room, token: 1, epoch: 0, commit: Samples.payload(1))
        let full = Samples.submission(alice, bob, commit: Samples.payload(30))
        try Self.corpus.write([try plain.encoded(), try full.encoded()], of: "Submission")
    }
}
