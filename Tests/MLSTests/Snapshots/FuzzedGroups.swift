import Crypto
import MLS
import MLSWire
import TLSSyntax

/// What `scripts/fuzz` does with the decoders and the groups of the target MLS; `Tests/Fuzz` has links to this file and to those
/// that it needs. For groups an input is a program: see ``FuzzedScene``.
extension FuzzedDecoder {
    static let groups: [FuzzedDecoder] = [
        FuzzedDecoder("GroupSecrets") { try GroupSecrets(decoding: SymmetricKey(data: $0)).encoded.bytes },
        FuzzedDecoder("KeyPackageSecrets") { try KeyPackageSecrets(restoring: SymmetricKey(data: $0)).snapshot.bytes },
        FuzzedDecoder("GroupSnapshot") { try FuzzedScene.restore($0) },
        FuzzedDecoder("StagedEpoch") { try FuzzedScene.restoreStaged($0) },
        FuzzedDecoder("MLSGroup.receive") { try FuzzedScene.shared.receive($0) },
        FuzzedDecoder("MLSGroup.receive.insider") { try FuzzedScene.shared.receiveSigned($0) },
        FuzzedDecoder("MLSGroup.join") { try FuzzedScene.shared.join($0) },
        FuzzedDecoder("MLSGroup.joinExternally") { try FuzzedScene.shared.joinExternally($0) },
    ]
}

/// A group of three, and all kinds of messages of theirs. Its keys are new each time, so an input does not hold a message but
/// says which one is taken, and which of its bytes are changed: a number, and then triples of a place (two bytes) and of what
/// the byte there is combined with.
struct FuzzedScene: Sendable {
    static let shared: FuzzedScene = {
        do { return try FuzzedScene() } catch { fatalError("the scene of the fuzzer cannot be set: \(error)") }
    }()

    /// Whose leaf all stored snapshots of the corpus have.
    static let client: MLSClient = {
        let seed = SymmetricKey(data: [UInt8](repeating: 7, count: 32))
        do { return try client("bob", SignaturePrivateKey(raw: seed, for: .x25519AES128)) } catch {
            fatalError("a key of 32 bytes is refused: \(error)")
        }
    }()

    static func client(_ name: String, _ signer: SignaturePrivateKey) -> MLSClient {
        MLSClient(
            signer: signer, credential: .basic(identity: Array(name.utf8)), validator: NameValidator(),
            clock: { Person.now })
    }

    let alice: GroupSnapshot
    let bob: GroupSnapshot
    let aliceClient: MLSClient
    let daveClient: MLSClient
    let dave: SymmetricKey
    let messages: [[UInt8]]
    let contents: [[UInt8]]
    let welcome: [UInt8]
    let info: GroupInfo

    init() throws {
        let carolClient = Self.client("carol", try SignaturePrivateKey(for: .x25519AES128))
        aliceClient = Self.client("alice", try SignaturePrivateKey(for: .x25519AES128))
        daveClient = Self.client("dave", try SignaturePrivateKey(for: .x25519AES128))
        var a = try MLSGroup(GroupID(bytes: [1]), suite: .x25519AES128, client: aliceClient)
        let bobs = try Self.client.makeKeyPackage(for: .x25519AES128)
        let carols = try carolClient.makeKeyPackage(for: .x25519AES128)
        let first = try a.commit([.add(bobs.keyPackage), .add(carols.keyPackage)])
        guard let toBoth = first.welcome else { throw Unexpected("no welcome") }
        a.adopt(first.take())
        var b = try MLSGroup.join(toBoth, with: bobs, client: Self.client)
        let daves = try daveClient.makeKeyPackage(for: .x25519AES128)
        dave = daves.snapshot
        var options = CommitOptions()
        options.isPublic = true
        let update = try a.proposeUpdate(isPublic: true)
        let add = try a.commit([.add(daves.keyPackage), .setExtensions(Extensions())], options: options)
        guard let toDave = add.welcome else { throw Unexpected("no welcome") }
        welcome = toDave.encoded
        var messages: [MLSMessage] = [update, add.message]
        _ = try b.hear(update)
        messages.append(try a.propose(.remove(LeafIndex(2))))
        messages.append(try a.propose(.add(daves.keyPackage), isPublic: true))
        messages.append(try a.commit([.remove(LeafIndex(2))]).message)
        info = try a.groupInfo()
        messages.append(try MLSGroup.joinExternally(info, client: daveClient).message)
        messages.append(try ExternalProposal.add(daves.keyPackage, to: a.id, epoch: 1, signer: daveClient.signer))
        messages.append(.welcome(toDave))
        self.messages = messages.map(\.encoded)
        contents = messages.compactMap {
            guard case .publicMessage(let message) = $0 else { return nil }
            switch message.content.content {
            case .commit(let commit): return [1] + commit.encoded
            case .proposal(let proposal): return [0] + proposal.encoded
            case .application: return nil
            }
        }
        (alice, bob) = (a.snapshot, b.snapshot)
    }

    /// One of the values, with the changes that the input names.
    private static func changed(_ values: [[UInt8]], by input: [UInt8]) throws -> [UInt8] {
        guard let number = input.first, !values.isEmpty else { throw Unexpected("empty input") }
        var bytes = values[Int(number) % values.count]
        var rest = input.dropFirst()
        while rest.count >= 3, !bytes.isEmpty {
            let triple = Array(rest.prefix(3))
            bytes[(Int(triple[0]) << 8 | Int(triple[1])) % bytes.count] ^= triple[2]
            rest = rest.dropFirst(3)
        }
        return bytes
    }

    /// Uses a group as much as it bears.
    private static func use(_ group: consuming MLSGroup) {
        var group = group
        _ = try? group.seal([1])
        if let outbound = try? group.commit() { group.adopt(outbound.take()) }
        _ = try? group.seal([1])
        _ = try? group.groupInfo()
    }

    // MARK: Inputs

    /// Two bytes of length, the epoch part, and the ratchets.
    static func restore(_ input: [UInt8]) throws -> [UInt8] {
        try use(restored(input))
        return input
    }

    private static func restored(_ input: [UInt8]) throws -> MLSGroup {
        guard input.count > 2 else { throw Unexpected("empty input") }
        let length = Int(input[0]) << 8 | Int(input[1])
        let (epoch, ratchets) = (input.dropFirst(2).prefix(length), input.dropFirst(2 + length))
        return try MLSGroup(
            restoring: GroupSnapshot(
                epoch: SymmetricKey(data: Array(epoch)), ratchets: SymmetricKey(data: Array(ratchets))),
            client: client)
    }

    /// Two bytes of length, a group as above, and a staged epoch of it.
    static func restoreStaged(_ input: [UInt8]) throws -> [UInt8] {
        guard input.count > 2 else { throw Unexpected("empty input") }
        let length = Int(input[0]) << 8 | Int(input[1])
        var group = try restored(Array(input.dropFirst(2).prefix(length)))
        group.adopt(try group.staged(restoring: SymmetricKey(data: Array(input.dropFirst(2 + length)))))
        use(group)
        return input
    }

    func receive(_ input: [UInt8]) throws -> [UInt8] {
        try deliver(MLSMessage(decoding: Self.changed(messages, by: input)))
        return input
    }

    /// The content is changed and then signed: what a member can send who means harm.
    func receiveSigned(_ input: [UInt8]) throws -> [UInt8] {
        let bytes = try Self.changed(contents, by: input)
        let body = Array(bytes.dropFirst())
        let content: MLSContent =
            bytes.first == 1 ? .commit(try Commit(decoding: body)) : .proposal(try Proposal(decoding: body))
        let a = try MLSGroup(restoring: alice, client: aliceClient)
        let protection = a.epoch.protection
        var signed = try protection.sign(
            FramedContent(groupID: a.id, epoch: 1, sender: .member(a.leaf), content: content), as: .publicMessage,
            with: aliceClient.signer)
        if content.type == .commit { signed.auth.confirmationTag = MACTag(bytes: [1]) }
        try deliver(.publicMessage(protection.publicMessage(signed)))
        return input
    }

    private func deliver(_ message: MLSMessage) throws {
        var b = try MLSGroup(restoring: bob, client: Self.client)
        switch try b.receive(message) {
        case .commit(let staged): b.adopt(staged)
        default: break
        }
        Self.use(b)
    }

    func join(_ input: [UInt8]) throws -> [UInt8] {
        let package = try KeyPackageSecrets(restoring: dave)
        let bytes = try Self.changed([welcome], by: input)
        Self.use(try MLSGroup.join(Welcome(decoding: bytes), with: package, client: daveClient))
        return input
    }

    /// A group info that a member changed and signed, or only changed.
    func joinExternally(_ input: [UInt8]) throws -> [UInt8] {
        var info = try GroupInfo(decoding: Self.changed([info.encoded], by: input))
        if input.first.map({ $0 % 2 == 0 }) == true {
            info.signature = try aliceClient.signer.sign(info.toBeSigned, label: "GroupInfoTBS")
        }
        Self.use(try MLSGroup.joinExternally(info, client: daveClient).take())
        return input
    }
}
