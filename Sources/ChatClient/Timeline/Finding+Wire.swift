import Chat
import ChatWire
package import TLSSyntax

/// How a finding is kept: `uint8 code; uint64 place; uint64 number;` and the device, `Identity device<0..66>`, if there is one.
extension Finding {
    private var fields: (code: UInt8, place: UInt64, number: UInt64, device: PeerIdentity?) {
        switch self {
        case .replay(let device, let place): (1, place, 0, device)
        case .reorder(let expected, let got): (2, expected, got, nil)
        case .tokenWentBack(let device, let place): (3, place, 0, device)
        case .splice(let device, let place): (4, place, 0, device)
        case .dropped(let device, let count): (5, 0, count, device)
        case .withheld(let device, let place): (6, place, 0, device)
        case .rollback(let from, let to): (7, from, to, nil)
        case .rewritten(let place): (8, place, 0, nil)
        case .twoHistories(let device, let place): (9, place, 0, device)
        case .misrouted(let device, let place): (10, place, 0, device)
        case .relabelled(let device, let place): (11, place, 0, device)
        case .invalidCommit(let device, let place): (12, place, 0, device)
        case .foreignChange(let device, let place): (13, place, 0, device)
        case .concealed(let from, let to): (14, from, to, nil)
        case .expired(let count): (15, 0, count, nil)
        case .undone(let place): (16, place, 0, nil)
        case .serverMeddles(let place): (17, place, 0, nil)
        case .broughtBack(let device, let place): (18, place, 0, device)
        }
    }

    package init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        let code = try reader.uint8()
        let place = try reader.uint64()
        let number = try reader.uint64()
        let device = try reader.optionalIdentity()
        guard let finding = Self.make(code, place, number, device), finding.fields.place == place,
            finding.fields.number == number
        else { throw .invalidValue(offset: start, "an unknown finding") }
        self = finding
    }

    private static func make(_ code: UInt8, _ place: UInt64, _ number: UInt64, _ device: PeerIdentity?) -> Finding? {
        switch (code, device) {
        case (1, let device?): .replay(of: device, at: place)
        case (2, nil): .reorder(expected: place, got: number)
        case (3, let device?): .tokenWentBack(of: device, at: place)
        case (4, let device?): .splice(of: device, at: place)
        case (5, let device?): .dropped(of: device, count: number)
        case (6, let device?): .withheld(seenBy: device, upTo: place)
        case (7, nil): .rollback(from: place, to: number)
        case (8, nil): .rewritten(at: place)
        case (9, let device?): .twoHistories(with: device, at: place)
        case (10, let device?): .misrouted(by: device, at: place)
        case (11, let device?): .relabelled(claimed: device, at: place)
        case (12, let device?): .invalidCommit(by: device, at: place)
        case (13, let device?): .foreignChange(by: device, of: place)
        case (14, nil): .concealed(from: place, to: number)
        case (15, nil): .expired(count: number)
        case (16, nil): .undone(at: place)
        case (17, nil): .serverMeddles(at: place)
        case (18, let device?): .broughtBack(of: device, at: place)
        default: nil
        }
    }

    package func write(to writer: inout [UInt8]) throws(SyntaxError) {
        let fields = fields
        writer.write(fields.code)
        writer.write(fields.place)
        writer.write(fields.number)
        writer.write((fields.device == nil ? 0 : 1) as UInt8)
        if let device = fields.device { try writer.write(device) }
    }
}
