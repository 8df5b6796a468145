package import Chat
import ChatWire
package import TLSSyntax

/// Why a message cannot be read. Each has a name, and is told with the way out.
package enum Unreadable: Hashable, Sendable {
    case beforeYouJoined
    /// This device was removed from the room.
    case deviceRemoved
    case rejoining
    case damaged
    /// Never delivered; its sender is asked, or nobody is there to ask.
    case missing(asking: PeerIdentity?)
    case newerClient
    /// Written in another history of the room.
    case forked
}

extension Unreadable {
    package var words: String {
        switch self {
        case .beforeYouJoined: "from before you joined"
        case .deviceRemoved: "this device was removed from the room"
        case .rejoining: "rejoining: this one cannot be read, the next ones can"
        case .damaged: "damaged: its sender can send it again"
        case .missing(let device?): "missing (asking \(device))"
        case .missing(nil): "missing: nobody who has it is there to ask"
        case .newerClient: "needs a newer client: update this program to read it"
        case .forked: "written in another history of this room: compare /verify with its sender, then /rejoin"
        }
    }

    /// Whether it may still come.
    package var isTemporary: Bool {
        switch self {
        case .rejoining, .damaged, .missing: true
        case .beforeYouJoined, .deviceRemoved, .newerClient, .forked: false
        }
    }

    package init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try reader.uint8() {
        case 1: self = .beforeYouJoined
        case 2: self = .deviceRemoved
        case 3: self = .rejoining
        case 4: self = .damaged
        case 5: self = .missing(asking: try reader.optionalIdentity())
        case 6: self = .newerClient
        case 7: self = .forked
        default: throw .invalidValue(offset: start, "an unknown reason why a message cannot be read")
        }
    }

    package func write(to writer: inout [UInt8]) throws(SyntaxError) {
        switch self {
        case .beforeYouJoined: writer.append(1)
        case .deviceRemoved: writer.append(2)
        case .rejoining: writer.append(3)
        case .damaged: writer.append(4)
        case .missing(let device):
            writer.append(5)
            writer.append(device == nil ? 0 : 1)
            if let device { try writer.write(device) }
        case .newerClient: writer.append(6)
        case .forked: writer.append(7)
        }
    }
}
