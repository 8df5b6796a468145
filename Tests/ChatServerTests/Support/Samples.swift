import Chat
import ChatWire
import NIOCore

/// `USER/DEVICE`; a text that breaks the rule is a mistake in the test.
func device(_ text: String) -> PeerIdentity {
    guard let identity = PeerIdentity(text) else { preconditionFailure("\(text) is no identity") }
    return identity
}

func user(_ text: String) -> UserName {
    guard let name = UserName(text) else { preconditionFailure("\(text) is no user name") }
    return name
}

let alice = device("alice/laptop")
let alicePhone = device("alice/phone")
let bob = device("bob/laptop")
let carol = device("carol/laptop")

extension RoomID {
    /// Rooms with successive numbers belong to successive event loops.
    static func number(_ number: Int) -> RoomID { RoomID(high: 0xC0C0, low: UInt64(number)) }

    static let lab = RoomID.number(0)
    static let tea = RoomID.number(1)
}

extension ServerFrame {
    /// The request that it answers; `nil` if it came unasked.
    var request: RequestID? {
        switch self {
        case .entered(let request, _), .accepted(let request, _, _), .described(let request, _),
            .packages(let request, _), .stocked(let request, _, _), .part(let request, _, _), .online(let request, _),
            .pong(let request), .failed(let request, _), .readEnd(let request, _, _), .done(let request):
            request
        case .greeting, .entry, .welcome, .stockLow, .newDevice, .closing: nil
        }
    }

    /// The place in the log that a request got.
    var sequence: UInt64? {
        if case .accepted(_, let sequence, _) = self { sequence } else { nil }
    }

    var status: RoomStatus? {
        switch self {
        case .entered(_, let status), .described(_, let status): status
        default: nil
        }
    }

    /// The latest number that a reader was told.
    var head: UInt64? {
        if case .readEnd(_, _, let head) = self { head } else { nil }
    }

    /// The key packages that were given away.
    var offers: [OfferedPackage]? {
        if case .packages(_, let offers) = self { offers } else { nil }
    }

    /// Why a request was refused.
    var failure: Failure.Code? {
        if case .failed(_, let failure) = self { failure.code } else { nil }
    }

    /// The devices of a page of a list.
    var identities: [PeerIdentity]? {
        switch self {
        case .online(_, let page): page.identities
        default: nil
        }
    }
}

/// Random numbers that are the same in every run with the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func number(below end: Int) -> Int { Int.random(in: 0..<end, using: &self) }
}
