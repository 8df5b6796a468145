import ChatClient
import MLS
import MLSWire
import TLSSyntax
import Testing

@Suite("what tells an epoch")
struct EpochTagTests {
    private let authenticator = Array(UInt8(0)..<32)

    @Test("the tag is the one in docs/protocol.md, which sha256sum gives too")
    func known() throws {
        let tag: [UInt8] = [
            0x7C, 0x12, 0x5E, 0xCB, 0xA2, 0xD0, 0x28, 0x82, 0xD6, 0x7C, 0x47, 0xFD, 0xA8, 0x48, 0x38, 0x05,
        ]
        #expect(EpochTag(authenticator: authenticator).authenticatedData == [1] + tag)
        #expect(try EpochTag(authenticatedData: [1] + tag) == EpochTag(authenticator: authenticator))
        #expect(EpochTag(authenticator: authenticator) != EpochTag(authenticator: authenticator + [0]))
    }

    @Test("anything but a tag is refused", arguments: [0, 1, 16, 18])
    func refused(length: Int) {
        #expect(throws: SyntaxError.self) { try EpochTag(authenticatedData: [UInt8](repeating: 1, count: length)) }
    }

    @Test("a tag of another version is refused", arguments: [0, 2, 255] as [UInt8])
    func version(number: UInt8) {
        #expect(throws: SyntaxError.self) {
            try EpochTag(authenticatedData: [number] + [UInt8](repeating: 1, count: 16))
        }
    }

    @Test("the room code is the one in docs/protocol.md: six groups of five digits, zeros in front too")
    func code() {
        let code = RoomCode(authenticator: authenticator)
        #expect(code.description == "80949 00663 39545 39362 86977 77147")
        #expect(code.lines == ["80949 00663 39545", "39362 86977 77147"])
        #expect(RoomCode(authenticator: [UInt8](repeating: 30, count: 32)).groups[3] == "00308")
        #expect(code != RoomCode(authenticator: authenticator.reversed()))
    }
}

@Suite("the lengths of messages")
struct PaddingTests {
    @Test(
        "a content goes into the shortest length that holds it and its signature",
        arguments: [
            (0, 256), (128, 256), (129, 512), (384, 512), (385, 1024), (896, 1024), (897, 2048), (1920, 2048),
            (1921, 3072), (60_000, 60_416), (-1, 256),
        ])
    func lengths(count: Int, length: Int) {
        #expect(Padding.length(for: count) == length)
    }

    @Test("no number makes it trap", arguments: [Int.min, Int.max])
    func extremes(count: Int) {
        #expect(Padding.length(for: count) >= 256)
    }

    @Test(
        "sealed messages of different contents have the same length",
        arguments: [MLSCipherSuite.p256AES128, .p384AES256])
    func sealed(suite: MLSCipherSuite) throws {
        let client = MLSClient(
            signer: try SignaturePrivateKey(for: suite), credential: .basic(identity: [65]), validator: Names(),
            clock: { 1_700_000_000 })
        var room = try MLSGroup(GroupID(bytes: [1]), suite: suite, client: client)
        func length(_ count: Int) throws -> Int {
            try room.seal([UInt8](repeating: 7, count: count), padding: Padding.length(for: count)).encoded.count
        }
        for (counts, bucket) in [
            ([0, 1, 60, 128], 256), ([129, 384], 512), ([385, 896], 1024), ([897, 1920], 2048),
        ] {
            let lengths = try Set(counts.map(length))
            #expect(lengths.count == 1, "\(counts)")
            // What is sealed, the tag, and the frame in the clear.
            #expect((bucket..<bucket + 128).contains(lengths.first ?? 0))
        }
    }

    private struct Names: CredentialValidator {
        func validate(_ credential: Credential, key: SignaturePublicKey, for use: CredentialUse)
            throws(CredentialRefusal)
        {
            guard case .basic(let name) = credential, !name.isEmpty else { throw CredentialRefusal("no name") }
        }

        func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] { credential.encoded }

        func isSuccessor(_ credential: Credential, of old: Credential) -> Bool { credential == old }
    }
}
