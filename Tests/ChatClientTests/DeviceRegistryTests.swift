import Chat
import ChatClient
import ChatWire
import TLSSyntax
import Testing

import struct Crypto.SymmetricKey

@Suite("What is known of devices")
struct DeviceRegistryTests {
    /// - Parameter issued: when, in seconds since 1970; it makes the certificate another one.
    private static func certificate(_ name: String = "bob/phone", key: UInt8, issued: Int64) throws -> JudgedCertificate
    {
        let identity = try #require(PeerIdentity(name))
        return JudgedCertificate(
            subject: .device(identity), key: [4, key], serialNumber: "0A\(issued)", fingerprint: "F\(issued)",
            validity: issued...(issued + 1_000), revocation: .none)
    }

    private static func hash(_ key: UInt8) -> Digest { Digest(of: [4, key]) }

    @Test("a device is unknown once; the same certificate is nothing new, and nothing is stored for it")
    func firstSight() throws {
        var registry = DeviceRegistry()
        let certificate = try Self.certificate(key: 1, issued: 10)
        #expect(registry.sighting(of: certificate) == .unknown)
        let first = registry.note(certificate, now: 50)
        #expect(first.sighting == .unknown && first.write?.table == .devices)
        #expect(first.write?.key == Array("bob/phone".utf8))
        let second = registry.note(certificate, now: 60)
        #expect(second.sighting == .same && second.write == nil)
        #expect(registry.devices[try #require(PeerIdentity("bob/phone"))]?.firstSeen == 50)
    }

    @Test(
        "a later certificate of a known key is a renewal, an earlier one that another room still shows is nothing new")
    func renewal() throws {
        var registry = DeviceRegistry()
        _ = registry.note(try Self.certificate(key: 1, issued: 10), now: 50)
        #expect(registry.note(try Self.certificate(key: 1, issued: 20), now: 60).sighting == .renewed)
        #expect(registry.note(try Self.certificate(key: 1, issued: 20), now: 70).sighting == .same)
        #expect(registry.note(try Self.certificate(key: 1, issued: 10), now: 80).sighting == .same)
        #expect(registry.note(try Self.certificate(key: 1, issued: 20), now: 90).sighting == .same)
    }

    @Test("a new key is told once, and that a person should compare again if the former one was verified")
    func newKey() throws {
        var registry = DeviceRegistry()
        let bob = try #require(PeerIdentity("bob/phone"))
        _ = registry.note(try Self.certificate(key: 1, issued: 10), now: 50)
        let mark = registry.setVerified(true, bob, key: Self.hash(1))
        #expect(mark != nil)
        #expect(registry.isVerified(bob, key: Self.hash(1)))
        let next = try Self.certificate(key: 2, issued: 20)
        #expect(registry.note(next, now: 60).sighting == .newKey(formerWasVerified: true))
        #expect(registry.note(next, now: 70).sighting == .same)
        #expect(!registry.isVerified(bob, key: Self.hash(2)))
        #expect(registry.isVerified(bob, key: Self.hash(1)), "the mark is the key's, not the device's")
        #expect(
            registry.note(try Self.certificate(key: 3, issued: 30), now: 80).sighting
                == .newKey(formerWasVerified: false))
        #expect(registry.devices[bob]?.last.key == Self.hash(3))
    }

    @Test("an older certificate with a key that was never seen is told, and does not become the one in use")
    func formerKey() throws {
        var registry = DeviceRegistry()
        let bob = try #require(PeerIdentity("bob/phone"))
        _ = registry.note(try Self.certificate(key: 2, issued: 20), now: 50)
        #expect(
            registry.note(try Self.certificate(key: 1, issued: 10), now: 60).sighting
                == .newKey(formerWasVerified: false))
        #expect(registry.devices[bob]?.last.key == Self.hash(2))
    }

    @Test("devices do not mix, and only a key that was seen can be marked")
    func separate() throws {
        var registry = DeviceRegistry()
        _ = registry.note(try Self.certificate(key: 1, issued: 10), now: 50)
        #expect(registry.note(try Self.certificate("bob/desk", key: 1, issued: 10), now: 50).sighting == .unknown)
        let (phone, desk) = (try #require(PeerIdentity("bob/phone")), try #require(PeerIdentity("bob/desk")))
        #expect(registry.setVerified(true, phone, key: Self.hash(9)) == nil)
        #expect(registry.setVerified(true, try #require(PeerIdentity("eve/x")), key: Self.hash(1)) == nil)
        #expect(registry.setVerified(true, phone, key: Self.hash(1)) != nil)
        #expect(!registry.isVerified(desk, key: Self.hash(1)))
        #expect(registry.setVerified(false, phone, key: Self.hash(1)) != nil)
        #expect(!registry.isVerified(phone, key: Self.hash(1)))
    }

    @Test("a server is no device")
    func server() throws {
        var registry = DeviceRegistry()
        var certificate = try Self.certificate(key: 1, issued: 10)
        certificate.subject = .server("localhost")
        let note = registry.note(certificate, now: 50)
        #expect(note.sighting == .same && note.write == nil && registry.devices.isEmpty)
    }

    @Test("the oldest keys are forgotten beyond 64")
    func bounded() throws {
        var registry = DeviceRegistry()
        var last: RecordWrite?
        for key in 0..<100 as Range<UInt8> {
            last = registry.note(try Self.certificate(key: key, issued: Int64(key)), now: 50).write
        }
        let device = try #require(registry.devices.values.first)
        #expect(device.keys.count == 64 && device.keys.last?.hash == Self.hash(99))
        let write = try #require(last)
        let value = try #require(write.value)
        let read = try DeviceRegistry([Record(key: write.key, value: value)])
        #expect(read.devices == registry.devices)
    }

    @Test("what was stored is read again; a record that is damaged is told")
    func records() throws {
        var registry = DeviceRegistry()
        let bob = try #require(PeerIdentity("bob/phone"))
        _ = registry.note(try Self.certificate(key: 1, issued: 10), now: 50)
        _ = registry.note(try Self.certificate(key: 2, issued: 20), now: 60)
        let mark = registry.setVerified(true, bob, key: Self.hash(2))
        let write = try #require(mark)
        let value = try #require(write.value)
        let read = try DeviceRegistry([Record(key: write.key, value: value)])
        #expect(read.devices == registry.devices && read.isVerified(bob, key: Self.hash(2)))

        #expect(throws: StoreError.self) { try DeviceRegistry([Record(key: Array("eve/x".utf8), value: value)]) }
        let bytes = value.withUnsafeBytes { Array($0) }
        for count in 0..<bytes.count {
            let cut = SymmetricKey(data: bytes.prefix(count))
            #expect(throws: StoreError.self, "\(count) bytes") {
                try DeviceRegistry([Record(key: write.key, value: cut)])
            }
        }
        #expect(throws: StoreError.self) {
            try DeviceRegistry([Record(key: write.key, value: SymmetricKey(data: bytes + [0]))])
        }
        #expect(throws: StoreError.self) {
            try DeviceRegistry([Record(key: write.key, value: SymmetricKey(data: [2] + bytes.dropFirst()))])
        }
    }
}
