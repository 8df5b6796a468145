import MLS
import MLSWire
import Testing

/// The devices write as ``CrashDevice`` shows. Here processes end before and after each of their writes, and after a commit was
/// accepted but before they learn of it.
@Suite("crash safety, RFC 9420 §15 and §16.6")
struct CrashSafetyTests {
    @Test("a crash at any write loses nothing, shows nothing twice, and uses no key twice")
    func everyPlace() throws {
        let quiet = try CrashScene(ends: { _, _ in false })
        try quiet.play()
        for name in ["alice", "bob", "carol"] {
            let places = try #require(quiet.stores[name]).places
            #expect(places > 20)
            for place in stride(from: 1, through: places, by: MachineEffort.isFull ? 1 : 7) {
                try play("\(name) ends at \(place)") { $0 == name && $1 == place }
            }
        }
    }

    @Test("nor do many crashes", arguments: MachineEffort.seeds(0..<UInt64(MachineEffort.rounds(8))))
    func anyPlaces(seed: UInt64) throws {
        var random = TreeRandom(seed)
        try play("CONCLAVE_MACHINE_SEED=\(seed)") { _, _ in Int.random(in: 0..<6, using: &random) == 0 }
    }

    private func play(_ what: Comment, ends: @escaping (String, Int) -> Bool) throws {
        do {
            let scene = try CrashScene(ends: ends)
            try scene.play()
            for name in ["alice", "bob", "carol"] {
                #expect(scene.shown(name) == scene.expected(name), what)
            }
            #expect(Set(try scene.authenticators()).count == 1, what)
        } catch {
            Issue.record("\(what): \(error)")
        }
    }
}

/// A scene of three devices, each of which is started again whenever its process ends, and then does what is left to do.
final class CrashScene {
    let server = CrashServer()
    private(set) var stores: [String: CrashStore] = [:]
    private var clients: [String: MLSClient] = [:]
    private var running: [String: CrashDevice] = [:]
    private let suite = MLSCipherSuite.x25519AES128

    /// - Parameter ends: whether a device's process ends at a place, by the device's name and the place's number.
    init(ends: @escaping (String, Int) -> Bool) throws {
        for name in ["alice", "bob", "carol"] {
            let store = CrashStore()
            store.ends = { [unowned store] in ends(name, store.places) }
            stores[name] = store
            clients[name] = try Person(name, suite).client
        }
    }

    /// Lets a device do something, again and again from its start until its process does not end meanwhile.
    private func run(_ name: String, _ body: (CrashDevice) throws -> Void) throws {
        for _ in 0..<200 {
            do {
                let device = try running[name] ?? start(name)
                running[name] = device
                return try body(device)
            } catch is CrashStore.Crash {
                running[name] = nil
            }
        }
        throw Unexpected("\(name) never gets on")
    }

    private func start(_ name: String) throws -> CrashDevice {
        guard let store = stores[name], let client = clients[name] else { throw Unexpected("nobody is \(name)") }
        if name == "alice" { try CrashDevice.found(client, suite, in: store) }
        try CrashDevice.join(client, in: store, server)
        return try CrashDevice(name, client, store, server)
    }

    /// What each says is read by all who are there; meanwhile members come, commits race, and messages come late.
    func play() throws {
        try add("bob")
        try say("alice", "one")
        try run("bob") { try $0.synchronise() }
        try say("bob", "two")
        // A commit is under way while messages of the old epoch are sent and read.
        try run("alice") { device in
            try device.synchronise()
            try device.say("three")
            try device.say("four")
        }
        // The commit that adds carol is made before this is read, and may be adopted by a process that knows both.
        try say("bob", "four and a half")
        try add("carol")
        try say("bob", "five")
        try everybody()
        try race()
        try say("carol", "six")
        try everybody()
        try say("alice", "seven")
        try run("bob") { device in
            try device.synchronise()
            try device.propose(
                .preSharedKey(.resumption(usage: .application, group: device.group.id, epoch: 2)), as: "psk")
        }
        try everybody()
        try renew("alice", until: 4)
        try say("bob", "eight")
        try say("carol", "nine")
        try everybody()
        for name in ["alice", "bob", "carol"] { try run(name) { try $0.readAgain() } }
    }

    private func everybody() throws {
        for name in ["alice", "bob", "carol"] { try run(name) { try $0.synchronise() } }
    }

    private func say(_ name: String, _ text: String) throws {
        try run(name) { device in
            try device.synchronise()
            try device.say(text)
        }
    }

    /// Alice adds somebody; while she does not know whether her commit was accepted, she reads on.
    private func add(_ name: String) throws {
        guard let store = stores[name], let client = clients[name] else { return }
        for _ in 0..<200 {
            do { try CrashDevice.announce(name, client, suite, in: store, server) } catch is CrashStore.Crash {
                continue
            }
            break
        }
        try run("alice") { device in
            guard let package = server.keyPackages[name] else { throw Unexpected("\(name) left no key package") }
            let identity = Credential.basic(identity: Array(name.utf8))
            while !device.group.state.members.contains(where: { $0.credential == identity }) {
                try device.commit([.add(KeyPackage(decoding: package))])
                try device.synchronise()
            }
        }
    }

    /// All commit in the same epoch; one wins.
    private func race() throws {
        for name in ["bob", "carol", "alice"] {
            try run(name) { device in
                if device.group.state.epoch == 2 { try device.commit([]) }
            }
        }
        try everybody()
    }

    private func renew(_ name: String, until epoch: UInt64) throws {
        try run(name) { device in
            while device.group.state.epoch < epoch {
                try device.commit([])
                try device.synchronise()
            }
        }
    }

    // MARK: What came of it

    func shown(_ name: String) -> [String] { running[name]?.shown ?? [] }

    /// What others said while the device was a member, in the order of the log.
    func expected(_ name: String) -> [String] {
        switch name {
        case "alice": ["two", "four and a half", "five", "six", "eight", "nine"]
        case "bob": ["one", "three", "four", "six", "seven", "nine"]
        default: ["five", "seven", "eight"]
        }
    }

    func authenticators() throws -> [[UInt8]] {
        try ["alice", "bob", "carol"].map { name in
            guard let device = running[name] else { throw Unexpected("\(name) does not run") }
            return device.group.epochAuthenticator
        }
    }
}
