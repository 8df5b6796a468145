import Chat
import ChatWire
package import TLSSyntax

/// How a notice is kept in the client's store: a code, and what belongs to it.
extension Notice {
    package init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try reader.uint8() {
        case 1: self = .created(by: try reader.identity())
        case 2:
            let device = try reader.identity()
            self = .joined(device, by: try reader.optionalIdentity())
        case 3: self = .left(try reader.identity())
        case 4:
            let device = try reader.identity()
            self = .removed(device, by: try reader.optionalIdentity())
        case 5:
            let device = try reader.identity()
            self = .newDevice(device, by: try reader.optionalIdentity())
        case 6: self = .newKey(try reader.identity())
        case 7:
            let info = try RoomInfo(from: &reader)
            guard info == RoomInfo(name: info.name) else { throw .invalidValue(offset: start, "more than a name") }
            self = .renamed(info.name, by: try reader.identity())
        case 8:
            let info = try RoomInfo(from: &reader)
            guard info == RoomInfo(name: nil, topic: info.topic) else {
                throw .invalidValue(offset: start, "more than a topic")
            }
            self = .topic(info.topic, by: try reader.identity())
        case 9:
            let policy = try RoomPolicy(from: &reader)
            self = .policy(policy, by: try reader.identity())
        case 10:
            let member = try reader.identity()
            self = .setAside(by: member, at: try reader.uint64())
        case 11: self = .finding(try Finding(from: &reader))
        case 12:
            let (place, first, head) = (try reader.uint64(), try reader.uint64(), try reader.uint64())
            guard place < head, place < first, first - 1 <= head else {
                throw .invalidValue(offset: start, "a cut that ends before it begins")
            }
            self = .cut(after: place, first: first, head: head)
        case 13: self = .keptSince(try reader.uint64())
        default: throw .invalidValue(offset: start, "an unknown notice")
        }
    }

    package func write(to writer: inout [UInt8]) throws(SyntaxError) {
        switch self {
        case .created(let member): try writer.write(code: 1, member)
        case .joined(let device, let member): try writer.write(code: 2, device, optional: member)
        case .left(let device): try writer.write(code: 3, device)
        case .removed(let device, let member): try writer.write(code: 4, device, optional: member)
        case .newDevice(let device, let member): try writer.write(code: 5, device, optional: member)
        case .newKey(let device): try writer.write(code: 6, device)
        case .renamed(let name, let member):
            writer.append(7)
            try RoomInfo(name: name).write(to: &writer)
            try writer.write(member)
        case .topic(let topic, let member):
            writer.append(8)
            try RoomInfo(name: nil, topic: topic).write(to: &writer)
            try writer.write(member)
        case .policy(let policy, let member):
            writer.append(9)
            try policy.write(to: &writer)
            try writer.write(member)
        case .setAside(let member, let place):
            try writer.write(code: 10, member)
            writer.write(place)
        case .finding(let finding):
            writer.append(11)
            try finding.write(to: &writer)
        case .cut(let place, let first, let head):
            writer.append(12)
            writer.write(place)
            writer.write(first)
            writer.write(head)
        case .keptSince(let first):
            writer.append(13)
            writer.write(first)
        }
    }
}

extension SyntaxReader {
    mutating func optionalIdentity() throws(SyntaxError) -> PeerIdentity? {
        try optional { (inner) throws(SyntaxError) in try inner.identity() }
    }
}

extension [UInt8] {
    fileprivate mutating func write(code: UInt8, _ device: PeerIdentity) throws(SyntaxError) {
        append(code)
        try write(device)
    }

    fileprivate mutating func write(
        code: UInt8, _ device: PeerIdentity, optional member: PeerIdentity?
    ) throws(SyntaxError) {
        try write(code: code, device)
        append(member == nil ? 0 : 1)
        if let member { try write(member) }
    }
}
