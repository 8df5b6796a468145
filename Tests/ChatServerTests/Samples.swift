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
        case .joined(let request, _, _), .left(let request, _), .accepted(let request, _, _), .members(let request, _),
            .online(let request, _), .pong(let request), .failed(let request, _):
            request
        case .greeting, .delivery, .directDelivery, .memberJoined, .memberLeft, .closing: nil
        }
    }

    /// Why a request was refused.
    var failure: Failure.Code? {
        if case .failed(_, let failure) = self { failure.code } else { nil }
    }

    /// The devices of a page of a list.
    var identities: [PeerIdentity]? {
        switch self {
        case .members(_, let page), .online(_, let page): page.identities
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
