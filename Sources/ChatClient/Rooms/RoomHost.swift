package import Chat
import ChatWire
package import MLS
package import MLSWire

/// What all rooms of a device share: who it is, and what time it is.
package final class RoomHost {
    package let me: PeerIdentity
    package let mls: MLSClient
    package let suite: MLSCipherSuite
    package let store: any RecordStore
    /// Milliseconds of a clock that does not jump.
    package var now: UInt64 = 0
    var random: any RandomNumberGenerator
    /// Who may ask for the removal of revoked devices: the server, by its certificate.
    package var externalSender: ExternalSender?
    package var settings: RoomSettings
    private var identities: [KnownCredential: PeerIdentity] = [:]

    package init(
        me: PeerIdentity, mls: MLSClient, suite: MLSCipherSuite, store: any RecordStore,
        settings: RoomSettings = RoomSettings(),
        random: any RandomNumberGenerator = SystemRandomNumberGenerator()
    ) {
        self.me = me
        self.mls = mls
        self.suite = suite
        self.store = store
        self.settings = settings
        self.random = random
    }

    /// Milliseconds since 1970.
    var clockMilliseconds: UInt64 { mls.clock() * 1_000 + now % 1_000 }

    /// What certificates say of devices, and what was seen of them before.
    package var devices = DeviceRegistry()
    var deviceWrites: [RecordWrite] = []

    /// Remembers a member's certificate.
    /// - Returns: what it was until now.
    func see(_ member: GroupMember) -> DeviceRegistry.Sighting? {
        guard let certificate = (mls.validator as? DeviceValidator)?.certificate(of: member.credential) else {
            return nil
        }
        let (sighting, write) = devices.note(certificate, now: Int64(clamping: clock))
        if let write { deviceWrites.append(write) }
        return sighting
    }

    /// How far a member's present key is trusted.
    enum Trust {
        /// A person has compared it.
        case verified
        case unverified
        /// Another key of that device was compared, and this one was not.
        case newKey
    }

    func trust(in member: RoomMember) -> Trust {
        guard let device = devices.devices[member.identity] else { return .unverified }
        let key = Digest(of: member.member.signatureKey.bytes)
        if device.keys.contains(where: { $0.hash == key && $0.isVerified }) { return .verified }
        return device.keys.contains { $0.isVerified } ? .newKey : .unverified
    }

    /// A person has compared this member's key.
    func setVerified(_ member: RoomMember) {
        _ = see(member.member)
        let key = Digest(of: member.member.signatureKey.bytes)
        if let write = devices.setVerified(true, member.identity, key: key) { deviceWrites.append(write) }
    }

    /// Certificates are judged as of the time of the entry that shows them.
    func look(at time: Timestamp?) {
        (mls.validator as? DeviceValidator)?.moment = time.map { Int64(clamping: $0.milliseconds / 1_000) }
    }

    /// Seconds since 1970, as our groups see it.
    var clock: UInt64 { mls.clock() }

    /// Above all that this device used before, also if its store was lost: milliseconds, and room for a thousand in each.
    var firstToken: UInt64 { clock * 1_000 << 10 }

    func identity(of member: GroupMember) -> PeerIdentity? {
        device(of: member.credential, key: member.signatureKey)
    }

    /// Whom a credential names, that the validator has accepted before.
    func device(of credential: Credential, key: SignaturePublicKey) -> PeerIdentity? {
        let place = KnownCredential(credential: credential)
        if let known = identities[place] { return known }
        let name = String(decoding: mls.validator.client(of: credential, key: key), as: UTF8.self)
        guard let identity = PeerIdentity(name) else { return nil }
        if identities.count > 50_000 { identities = [:] }
        identities[place] = identity
        return identity
    }

    /// A random time below a bound, in milliseconds.
    func jitter(below bound: UInt64) -> UInt64 {
        bound == 0 ? 0 : UInt64.random(in: 0..<bound, using: &random)
    }
}

/// A credential that is looked up with every message: its hash is of the first certificate's last bytes alone, which are its signature.
/// Only genuine ones are kept, so nobody can choose them to be alike.
private struct KnownCredential: Hashable {
    let credential: Credential

    func hash(into hasher: inout Hasher) {
        let bytes =
            switch credential {
            case .basic(let identity): identity
            case .x509(let certificates): certificates.first ?? []
            }
        for byte in bytes.suffix(16) { hasher.combine(byte) }
    }
}

/// What a device does by itself, and when.
package struct RoomSettings: Hashable, Sendable {
    /// Its path is renewed after so many seconds.
    package var refreshAfter: UInt64 = 86_400
    /// Receipts and typing are told in rooms of up to so many users.
    package var receiptsUpTo = 20
    /// Key packages that others can add it by.
    package var packagePool = 32
    /// How long a lost message is waited for before its sender is asked, in milliseconds.
    package var gapPatience: UInt64 = 3_000
    /// How long after news the server is told how far this device has come, in milliseconds.
    package var markAfter: UInt64 = 5_000
    package var rejoinLimit = 3

    package init() {}
}
