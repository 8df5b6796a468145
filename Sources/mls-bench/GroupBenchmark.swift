import ArgumentParser
import MLS
import MLSWire

/// What is measured in groups of one size.
struct GroupBenchmark {
    enum Part: String, CaseIterable, ExpressibleByArgument {
        /// One commit that adds all, and joining by its welcome.
        case create
        /// Committing in the group as it was created: all but the creator's path is blank.
        case blank
        /// Committing and adding where every parent has a key.
        case filled
        /// Application messages.
        case messages
    }

    let crowd: Crowd
    let size: Int
    let seconds: Double
    let messageLength: Int
    let parts: Set<Part>

    /// - Parameter show: is told of each figure as soon as there is one.
    func run(_ show: (Figure) -> Void) throws -> [Figure] {
        var figures: [Figure] = []
        func add(_ added: [Figure]) {
            added.forEach(show)
            figures += added
        }
        if parts.contains(.create) || parts.contains(.blank) {
            let (founder, welcome, created) = try create()
            let (newcomer, joined) = try join(welcome, name: "join the new group")
            try Mismatch.check(newcomer, founder)
            if parts.contains(.create) { add([created, joined]) }
            if parts.contains(.blank) {
                add(try commit(on: "blank tree") { (founder, newcomer) })
            }
        }
        if parts.contains(.filled) || parts.contains(.messages) {
            let group = try FilledGroup(crowd, size: size)
            if parts.contains(.filled) {
                add(try commit(on: "filled tree") { pair(in: group) })
                add(try addOne(to: group))
            }
            if parts.contains(.messages) {
                let (sender, receiver) = pair(in: group)
                add(try messages(from: sender, to: receiver))
            }
        }
        return figures
    }

    /// Two members at random.
    private func pair(in group: FilledGroup) -> (Member, Member) {
        let first = Int.random(in: 0..<size)
        let second = (first + Int.random(in: 1..<size)) % size
        return (group.member(first), group.member(second))
    }

    // MARK: Creating and joining

    private func create() throws -> (Member, welcome: [UInt8], Figure) {
        let founder = crowd.people[0].client
        let changes = crowd.people[1..<size].map { Change.add($0.keyPackage) }
        var samples = Samples()
        var (message, welcome): ([UInt8], [UInt8]) = ([], [])
        var member: Member
        repeat {
            var group = try MLSGroup(
                GroupID(bytes: [UInt8](repeating: 1, count: 16)), suite: crowd.suite, client: founder)
            try samples.time { () throws in
                (message, welcome) = try Self.commit(&group, changes)
            }
            member = Member(group)
        } while samples.wantsMore(seconds)
        return (
            member, welcome,
            Figure("create: one commit that adds all", samples, bytes: message.count, welcomeBytes: welcome.count)
        )
    }

    /// Joining by a welcome that holds the tree, as members at random.
    private func join(_ welcome: [UInt8], name: String) throws -> (Member, Figure) {
        var samples = Samples()
        var member: Member
        repeat {
            let person = crowd.people[Int.random(in: 1..<size)]
            member = Member(try Self.join(welcome, person, &samples))
        } while samples.wantsMore(seconds)
        return (member, Figure(name, samples, bytes: welcome.count))
    }

    private static func join(
        _ welcome: [UInt8], _ person: Crowd.Person, _ samples: inout Samples
    ) throws -> MLSGroup {
        let package = try KeyPackageSecrets(restoring: person.secrets)
        return try samples.time { () throws in
            guard case .welcome(let welcome) = try MLSMessage(decoding: welcome) else { throw Mismatch() }
            return try MLSGroup.join(welcome, with: package, client: person.client)
        }
    }

    // MARK: Committing

    /// Making a commit, and processing it as somebody else.
    private func commit(on tree: String, _ pair: () -> (Member, Member)) throws -> [Figure] {
        var (making, taking) = (Samples(), Samples())
        var bytes = 0
        repeat {
            let (committer, receiver) = pair()
            var group = committer.group
            var other = receiver.group
            let (message, _) = try making.time { () throws in try Self.commit(&group, []) }
            try taking.time { () throws in try Self.take(message, &other) }
            try Mismatch.check(Member(group), Member(other))
            bytes = message.count
        } while making.wantsMore(seconds)
        return [
            Figure("commit, \(tree)", making, bytes: bytes),
            Figure("process a commit, \(tree)", taking, bytes: bytes),
        ]
    }

    /// Adding a member, processing that as somebody else, and joining by the welcome.
    private func addOne(to filled: FilledGroup) throws -> [Figure] {
        var (making, taking, joining) = (Samples(), Samples(), Samples())
        var (bytes, welcomeBytes) = (0, 0)
        repeat {
            let (committer, receiver) = pair(in: filled)
            var group = committer.group
            var other = receiver.group
            let (message, welcome) = try making.time { () throws in
                try Self.commit(&group, [.add(crowd.newcomer.keyPackage)])
            }
            try taking.time { () throws in try Self.take(message, &other) }
            try Mismatch.check(Member(group), Member(other))
            if joining.wantsMore(seconds) {
                let joined = try Self.join(welcome, crowd.newcomer, &joining)
                try Mismatch.check(Member(group), Member(joined))
            }
            (bytes, welcomeBytes) = (message.count, welcome.count)
        } while making.wantsMore(seconds) || joining.wantsMore(seconds)
        return [
            Figure("add one, filled tree", making, bytes: bytes, welcomeBytes: welcomeBytes),
            Figure("process an add, filled tree", taking, bytes: bytes),
            Figure("join, filled tree", joining, bytes: welcomeBytes),
        ]
    }

    private static func commit(
        _ group: inout MLSGroup, _ changes: [Change]
    ) throws -> (message: [UInt8], welcome: [UInt8]) {
        let outbound = try group.commit(changes)
        let message = outbound.message.encoded
        let welcome = outbound.welcome.map { MLSMessage.welcome($0).encoded } ?? []
        group.adopt(outbound.take())
        return (message, welcome)
    }

    private static func take(_ message: [UInt8], _ group: inout MLSGroup) throws {
        switch try group.receive(try MLSMessage(decoding: message)) {
        case .commit(let staged): group.adopt(staged)
        default: throw Mismatch()
        }
    }

    // MARK: Messages

    private func messages(from sender: Member, to receiver: Member) throws -> [Figure] {
        let data = [UInt8](repeating: 0x43, count: messageLength)
        let batch = 500
        var (sending, receiving) = (Samples(), Samples())
        var group = sender.group
        var other = receiver.group
        var bytes = 0
        repeat {
            var sent: [[UInt8]] = []
            sent.reserveCapacity(batch)
            try sending.time(of: batch) { () throws in
                for _ in 0..<batch { sent.append(try group.seal(data).encoded) }
            }
            try receiving.time(of: batch) { () throws in
                for message in sent {
                    switch try other.receive(try MLSMessage(decoding: message)) {
                    case .application(let received) where received.data == data: continue
                    default: throw Mismatch()
                    }
                }
            }
            bytes = sent.first?.count ?? 0
        } while sending.wantsMore(seconds)
        return [
            Figure("send", sending, bytes: bytes, compared: .sign),
            Figure("receive", receiving, bytes: bytes, compared: .verify),
        ]
    }
}

/// Members who should have come to the same epoch did not: then no figure counts.
struct Mismatch: Error, CustomStringConvertible {
    var description: String {
        "what one member made, another did not understand: a mistake in the library, and no figure counts"
    }

    static func check(_ first: Member, _ second: Member) throws {
        let same = first.epoch.secrets.authenticator == second.epoch.secrets.authenticator
        guard same, first.epoch.group.epoch == second.epoch.group.epoch else { throw Mismatch() }
    }
}
