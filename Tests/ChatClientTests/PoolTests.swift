import Chat
import ChatClient
import ChatWire
import Testing

@Suite struct PoolTests {
    let world = World()

    /// How many packages a device has published.
    private func published(by device: Device) -> Int {
        device.sent.reduce(0) { if case .publish(_, let packages, _) = $1 { $0 + packages.count } else { $0 } }
    }

    @Test func aDeviceKeepsAsManyKeyPackagesAtTheServerAsItShould() throws {
        let alice = try world.device("alice/laptop")
        #expect(published(by: alice) == World.quiet.packagePool)
        alice.cut()
        alice.reconnect()
        world.pass()
        #expect(published(by: alice) == World.quiet.packagePool)
    }

    @Test func whatWasUsedIsMadeAnew() throws {
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        for number in 1...20 {
            try bob.type("/create #room\(number)")
            try bob.type("/invite alice")
            world.pass(200)
        }
        #expect(published(by: alice) >= World.quiet.packagePool + 20 - 8)
        for number in 1...20 { #expect(try alice.room("#room\(number)").memberCount == 2) }
        #expect(alice.failures == [])
    }

    @Test func aDeviceWithAnEmptyStoreIsAddedByWhatItHasNow() throws {
        let bob = try world.device("bob/laptop")
        let old = try world.device("alice/laptop")
        old.cut()
        let new = try world.device("alice/laptop")
        try bob.type("/create #lab")
        try bob.type("/invite alice")
        world.pass()
        try bob.type("hello")
        #expect(try new.transcript(of: "#lab") == ["bob: hello"])
        #expect(new.failures == [])
    }
}

@Suite struct BadPackageTests {
    @Test func aKeyPackageThatIsOfNoUseHindersNobodyElse() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        _ = try world.device("bob/phone")
        // The server hands out the phone's package with a bit turned over.
        world.tamper = { frame, device in
            guard device === alice, case .packages(let id, let offers) = frame else { return [frame] }
            let changed = offers.map { offer in
                guard offer.device.device.description == "phone" else { return offer }
                var offer = offer
                let last = offer.package.writerIndex - 1
                offer.package.setInteger((offer.package.getInteger(at: last, as: UInt8.self) ?? 0) ^ 1, at: last)
                return offer
            }
            return [.packages(id, changed)]
        }
        try alice.type("/create #lab")
        try alice.type("/invite bob")
        world.pass()
        #expect(try alice.members(of: "#lab") == ["alice/laptop", "bob/laptop"])
        #expect(alice.failures.contains { $0.contains("adding bob/phone") }, "\(alice.failures)")
        try bob.type("/join #lab")
        try bob.type("hello")
        #expect(try alice.transcript(of: "#lab") == ["bob: hello"])
    }
}
