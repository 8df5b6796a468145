import Chat
import ChatServer
import ChatWire
import MLSWire
import NIOCore
import Testing

@Suite("key packages")
struct KeyPackageTests {
    private func publish(
        _ client: TestClient, _ numbers: Range<UInt64>, lastResort: UInt64? = nil
    ) throws -> ServerFrame {
        let packages = numbers.map { Forge.package(of: client.identity, number: $0) }
        let last = lastResort.map { Forge.package(of: client.identity, number: $0) } ?? ByteBuffer()
        return try client.ask { .publish($0, packages: packages, lastResort: last) }
    }

    private func claim(_ client: TestClient, _ name: String, _ device: DeviceName? = nil) throws -> ServerFrame {
        try client.ask { .claim($0, user(name), device) }
    }

    @Test("are given away one by one in their order, each once, whoever asks where", arguments: 1...3)
    func areGivenOnce(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let owner = try cluster.connect(bob)
        #expect(try publish(owner, 0..<10) == .stocked(RequestID(1), count: 10, hasLastResort: false))
        let claimants = try (0..<5).map { try cluster.connect(device("c\($0)/pc"), on: $0 % loops) }
        for client in claimants + claimants { try client.send { .claim($0, user("bob"), nil) } }
        cluster.settle()
        let packages = claimants.flatMap { $0.received.compactMap(\.offers).flatMap { $0 } }.map(\.package)
        #expect(Set(packages) == Set((0..<10).map { Forge.package(of: bob, number: $0) }) && packages.count == 10)
        #expect(try claim(claimants[0], "bob").offers == [])
    }

    @Test("of last resort are given away when no other is left, and stay; a new one takes the place")
    func hasALastResort() throws {
        let cluster = Cluster(loops: 2)
        let owner = try cluster.connect(bob)
        let client = try cluster.connect(alice, on: 1)
        #expect(try publish(owner, 0..<1, lastResort: 100) == .stocked(RequestID(1), count: 1, hasLastResort: true))
        #expect(try claim(client, "bob").offers?.map(\.package) == [Forge.package(of: bob, number: 0)])
        for _ in 0..<3 {
            #expect(try claim(client, "bob").offers?.map(\.package) == [Forge.package(of: bob, number: 100)])
        }
        #expect(try publish(owner, 0..<0, lastResort: 101) == .stocked(RequestID(2), count: 0, hasLastResort: true))
        #expect(try claim(client, "bob").offers?.map(\.package) == [Forge.package(of: bob, number: 101)])
    }

    @Test("come from each device of the user, or from one, and never from the asker's own")
    func comeFromDevices() throws {
        let cluster = Cluster(loops: 2)
        let phone = device("bob/phone")
        let (laptop, other) = (try cluster.connect(bob), try cluster.connect(phone, on: 1))
        let client = try cluster.connect(alice)
        _ = try publish(laptop, 0..<5)
        _ = try publish(other, 0..<5)
        #expect(try claim(client, "bob").offers?.map(\.device) == [bob, phone])
        #expect(try claim(client, "bob", phone.device).offers?.map(\.device) == [phone])
        #expect(try claim(client, "bob", DeviceName("tablet")).offers == [])
        #expect(try claim(client, "carol").offers == [])
        #expect(try claim(other, "bob").offers?.map(\.device) == [bob])
    }

    @Test("must be the connection's own, in form and in time")
    func areChecked() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(bob)
        func refusal(_ package: ByteBuffer, of client: TestClient) throws -> Failure.Code? {
            let good = Forge.package(of: client.identity, number: 77)
            let first = try client.ask { .publish($0, packages: [good, package], lastResort: ByteBuffer()) }.failure
            let second = try client.ask { .publish($0, packages: [], lastResort: package) }.failure
            #expect(first == second)
            return first
        }
        #expect(try refusal(Forge.package(of: alice), of: client) == .notAllowed)
        #expect(try refusal(Forge.welcome("x"), of: client) == .malformedMessage)
        #expect(try refusal(ByteBuffer(string: "x"), of: client) == .malformedMessage)
        #expect(try refusal(Forge.package(of: bob, notAfter: 1_700_000_000), of: client) == .notAllowed, "expired")
        let shown = try cluster.connect(carol, certificate: [1, 2, 3])
        #expect(try refusal(Forge.package(of: carol), of: shown) == .notAllowed)
        let other = Forge.package(of: carol, credential: .x509(certificates: [[9]]))
        #expect(try refusal(other, of: shown) == .notAllowed)
        #expect(try claim(client, "carol").offers == [], "nothing of a refused request is kept")
        let good = Forge.package(of: carol, credential: .x509(certificates: [[1, 2, 3], [4]]))
        #expect(try shown.ask { .publish($0, packages: [good], lastResort: ByteBuffer()) }.failure == nil)
        #expect(try claim(client, "carol").offers?.map(\.package) == [good])
    }

    @Test("that are published again are not given away again")
    func areNotRepeated() throws {
        let cluster = Cluster(loops: 1)
        let (owner, client) = (try cluster.connect(bob), try cluster.connect(alice))
        _ = try publish(owner, 0..<2)
        _ = try claim(client, "bob")
        #expect(try publish(owner, 0..<2) == .stocked(RequestID(2), count: 1, hasLastResort: false))
        #expect(try claim(client, "bob").offers?.map(\.package) == [Forge.package(of: bob, number: 1)])
        #expect(try claim(client, "bob").offers == [])
    }

    @Test("that have expired meanwhile are not given away")
    func expire() throws {
        let cluster = Cluster(loops: 1)
        let (owner, client) = (try cluster.connect(bob), try cluster.connect(alice))
        let end = cluster.time / 1_000 + 60
        let short = Forge.package(of: bob, number: 1, notAfter: end)
        let long = Forge.package(of: bob, number: 2)
        _ = try owner.ask { .publish($0, packages: [short, long], lastResort: short) }
        cluster.time += 61_000
        #expect(try claim(client, "bob").offers?.map(\.package) == [long])
        #expect(try claim(client, "bob").offers == [])
    }

    @Test("of a device are 200 at most; too many at once are refused whole")
    func areBounded() throws {
        let cluster = Cluster(loops: 1)
        let owner = try cluster.connect(bob)
        #expect(try publish(owner, 0..<201).failure == .tooLarge)
        #expect(try publish(owner, 0..<150).failure == nil)
        #expect(try publish(owner, 150..<201).failure == .tooLarge)
        #expect(try publish(owner, 150..<200) == .stocked(RequestID(4), count: 200, hasLastResort: false))
    }

    @Test("may be claimed 64 times at once, and once a second after that")
    func areRationed() throws {
        let cluster = Cluster(loops: 2)
        let client = try cluster.connect(alice)
        let again = try cluster.connect(alice, on: 1)
        for _ in 0..<64 { #expect(try claim(client, "bob").failure == nil) }
        #expect(try claim(client, "bob").failure == .tooManyRequests)
        #expect(try claim(again, "bob").failure == .tooManyRequests, "another connection of the device")
        #expect(try claim(try cluster.connect(carol), "bob").failure == nil)
        cluster.time += 1_000
        #expect(try claim(client, "bob").failure == nil)
        #expect(try claim(client, "bob").failure == .tooManyRequests)
    }

    @Test("are missed: a device is told after its greeting and when few are left")
    func tellsOfFew() throws {
        let cluster = Cluster(loops: 2)
        let owner = try cluster.connect(bob)
        let client = try cluster.connect(alice, on: 1)
        cluster.settle()
        #expect(owner.news() == [.stockLow(0)])
        _ = try publish(owner, 0..<9)
        _ = owner.news()
        _ = try claim(client, "bob")
        #expect(owner.news().isEmpty, "8 are enough")
        _ = try claim(client, "bob")
        #expect(owner.news() == [.stockLow(7)])
        let again = try cluster.connect(bob, on: 1)
        cluster.settle()
        #expect(again.news() == [.stockLow(7)])
    }

    @Test("that are published for the first time show a device to the user's others, once")
    func showsNewDevices() throws {
        let cluster = Cluster(loops: 2)
        let (laptop, phone) = (try cluster.connect(alice), try cluster.connect(alicePhone, on: 1))
        let stranger = try cluster.connect(bob)
        cluster.settle()
        for client in [laptop, phone, stranger] { _ = client.news() }
        _ = try publish(phone, 0..<10)
        _ = try publish(phone, 10..<20)
        #expect(laptop.news() == [.newDevice(alicePhone)])
        #expect(stranger.news().isEmpty)
        #expect(phone.news().count == 2)
    }

    @Test("of many devices fill no more than a frame; the rest stay for the next claim")
    func fitIntoAFrame() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        for number in 0..<6 {
            let owner = try cluster.connect(device("bob/d\(number)"), certificate: [UInt8](repeating: 1, count: 15_000))
            let package = Forge.package(
                of: owner.identity, credential: .x509(certificates: [[UInt8](repeating: 1, count: 15_000)]))
            #expect(try owner.ask { .publish($0, packages: [package], lastResort: ByteBuffer()) }.failure == nil)
        }
        #expect(try claim(client, "bob").offers?.count == 4)
        #expect(try claim(client, "bob").offers?.count == 2)
    }
}
