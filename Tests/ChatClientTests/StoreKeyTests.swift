import Crypto
import MLS
import Testing

@testable import ChatClient

@Suite("the store's master key, locked and unlocked")
struct StoreKeyTests {
    private static let cheap = ScryptCost(logN: 10, r: 8, p: 1) ?? .standard
    private static let path = "/store.key"

    private static func hex(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Made after the description of the form by another implementation of scrypt and AES-GCM (Python's).
    private static let lockedFile = hex(
        """
        636f6e636c617665206b65790a0001000102030405060708090a0b0c0d0e0f020a000000080000000132333435363738393a3b3c3d3e3f4041
        000102030405060708090a0b84db0ff40d7a9dc4e9c131415469b0738d1cad9f1e1703ce86d2559b6c16df8a1800510139a8b70a94a543b447
        39e5392bcdf92d8b9786f6820efb9ad6cd5d8f386c21a296f20e0d2639cb61445c6db5
        """)
    private static let openFile = hex(
        """
        636f6e636c617665206b65790a0001000102030405060708090a0b0c0d0e0f016465666768696a6b6c6d6e6f707172737475767778797a7b7c
        7d7e7f8081828371eaac73a4a7fe1f16bdff1b919e2219122722acdc7284d1486a446fbdddf4d5
        """)
    private static let master = SymmetricKey(data: [UInt8](100..<132))

    private static func decode(_ bytes: [UInt8]) throws(StoreError) -> LockedMasterKey {
        try LockedMasterKey(decoding: SymmetricKey(data: bytes), path: path)
    }

    /// The file with other bytes at a place and the sum that is right for it.
    private static func forged(_ file: [UInt8], at place: Int, _ bytes: [UInt8]) -> [UInt8] {
        var file = Array(file.dropLast(32))
        file.replaceSubrange(place..<place + bytes.count, with: bytes)
        return file + Array(SHA256.hash(data: file))
    }

    @Test("derives what RFC 7914 §12 says")
    func vector() throws {
        let cost = try #require(ScryptCost(logN: 14, r: 8, p: 1))
        let key = try cost.key(from: Passphrase("pleaseletmein"), salt: [UInt8]("SodiumChloride".utf8))
        #expect(key.bytes == Self.hex("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"))
    }

    @Test("costs N = 2^17, r = 8, p = 1 unless asked otherwise")
    func standard() throws {
        #expect(ScryptCost.standard == ScryptCost(logN: 17, r: 8, p: 1))
        let locked = try MasterKey.random().locked(with: .passphrase(Passphrase("x")))
        guard case .passphrase(let cost, let salt, _) = locked.lock else {
            Issue.record("not locked")
            return
        }
        #expect(cost == .standard)
        #expect(salt.count == 16)
    }

    @Test("opens files that another implementation made")
    func foreignFiles() throws {
        let locked = try Self.decode(Self.lockedFile)
        #expect(locked.needsPassphrase)
        #expect(try locked.unlocked(with: .passphrase(Passphrase("correct horse"))).secret == Self.master)
        #expect(locked.encoded.bytes == Self.lockedFile)
        let open = try Self.decode(Self.openFile)
        #expect(!open.needsPassphrase)
        #expect(try open.unlocked(with: .keyFile).secret == Self.master)
        #expect(open.encoded.bytes == Self.openFile)
    }

    @Test("tells a wrong passphrase, none, and one too many")
    func wrong() throws {
        let locked = try Self.decode(Self.lockedFile)
        #expect(throws: StoreError.wrongPassphrase) {
            try locked.unlocked(with: .passphrase(Passphrase("correct horsf")))
        }
        #expect(throws: StoreError.passphraseNeeded) { try locked.unlocked(with: .keyFile) }
        #expect(throws: StoreError.noPassphraseSet) {
            try Self.decode(Self.openFile).unlocked(with: .passphrase(Passphrase("x")))
        }
    }

    @Test("tells damage of any byte from a wrong passphrase")
    func damage() {
        for file in [Self.lockedFile, Self.openFile] {
            for place in file.indices {
                var flipped = file
                flipped[place] ^= 0x01
                #expect(throws: StoreError.damaged("the key file /store.key is damaged")) { try Self.decode(flipped) }
            }
            for count in 0..<file.count {
                #expect(throws: StoreError.damaged("the key file /store.key is damaged")) {
                    try Self.decode(Array(file.prefix(count)))
                }
            }
            #expect(throws: StoreError.self) { try Self.decode(file + [0]) }
        }
    }

    @Test("refuses costs without measure, whatever sum the file has")
    func hostileCosts() throws {
        // The cost stands after magic, version, store and lock.
        let place = 13 + 2 + 16 + 1
        let hostile: [[UInt8]] = [
            [9, 0, 0, 0, 8, 0, 0, 0, 1], [21, 0, 0, 0, 8, 0, 0, 0, 1], [255, 0, 0, 0, 8, 0, 0, 0, 1],
            [17, 0, 0, 0, 0, 0, 0, 0, 1], [17, 0, 0, 0, 17, 0, 0, 0, 1], [17, 255, 255, 255, 255, 0, 0, 0, 1],
            [17, 0, 0, 0, 8, 0, 0, 0, 0], [17, 0, 0, 0, 8, 0, 0, 0, 5], [17, 0, 0, 0, 8, 255, 255, 255, 255],
            [20, 0, 0, 0, 9, 0, 0, 0, 1],
        ]
        for cost in hostile {
            #expect(throws: StoreError.damaged("the key file /store.key is damaged")) {
                try Self.decode(Self.forged(Self.lockedFile, at: place, cost))
            }
        }
        #expect(ScryptCost(logN: 20, r: 8, p: 1) != nil)
        // A cost that is allowed, but not the one that was used: no key comes of it.
        let other = try Self.decode(Self.forged(Self.lockedFile, at: place, [11, 0, 0, 0, 8, 0, 0, 0, 1]))
        #expect(throws: StoreError.wrongPassphrase) {
            try other.unlocked(with: .passphrase(Passphrase("correct horse")))
        }
    }

    @Test("refuses a lock that is none, and a newer form in its own words")
    func otherForms() {
        #expect(throws: StoreError.damaged("the key file /store.key is damaged")) {
            try Self.decode(Self.forged(Self.openFile, at: 31, [3]))
        }
        #expect(throws: StoreError.damaged("the key file /store.key is damaged")) {
            try Self.decode(Self.forged(Self.openFile, at: 13, [0, 0]))
        }
        #expect(throws: StoreError.newerSchema(found: 2, known: 1)) {
            try Self.decode(Self.forged(Self.openFile, at: 13, [0, 2]))
        }
    }

    @Test("is wrapped with another salt and nonce each time, the key within staying the same")
    func rewrapping() throws {
        let master = MasterKey.random()
        let unlock = StoreUnlock.passphrase(try Passphrase("x"))
        let (one, two) = (
            try master.locked(with: unlock, cost: Self.cheap), try master.locked(with: unlock, cost: Self.cheap)
        )
        guard case .passphrase(_, let salt, let sealed) = one.lock,
            case .passphrase(_, let salt2, let sealed2) = two.lock
        else {
            Issue.record("not locked")
            return
        }
        #expect(salt != salt2)
        #expect(sealed != sealed2)
        for locked in [one, two] {
            let opened = try Self.decode(locked.encoded.bytes).unlocked(with: unlock)
            #expect(opened.secret == master.secret)
            #expect(opened.store == master.store)
        }
        #expect(MasterKey.random().secret != master.secret)
    }

    @Test("takes passphrases of 1 to 1024 bytes", arguments: [0, 1, 1024, 1025])
    func lengths(count: Int) throws {
        var typed = [UInt8](repeating: 0x61, count: count)
        if Passphrase.lengths.contains(count) {
            #expect(try Passphrase(wiping: &typed).bytes.bitCount == count * 8)
        } else {
            #expect(throws: StoreError.passphraseLength(count)) { try Passphrase(wiping: &typed) }
        }
        #expect(typed.isEmpty)
    }
}
