import Chat
import ChatWire
import Testing

@testable import ChatClient

/// Rooms whose server is put back.
extension World {
    /// Devices of as many users, in `#lab`.
    func lab(_ names: [String], isOpen: Bool = true) throws -> [Device] {
        let devices = try names.map { try device("\($0)/laptop") }
        if isOpen {
            for device in devices { try device.type("/join #lab") }
        } else {
            try devices[0].type("/create #lab")
            for name in names.dropFirst() { try devices[0].type("/invite \(name)") }
            pass()
            for device in devices.dropFirst() { try device.type("/join #lab") }
        }
        pass(2_000)
        return devices
    }

    /// Expects that all of these are in `#lab` and have the same: what was said, each once; one log; one group.
    func expectOne(
        _ said: [String], on devices: [Device], _ comment: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for device in devices {
            let comment: Comment =
                "\(device.identity) \(comment) \(device.failures) \(device.state) \(devices[0].state)"
            let room = try device.room("#lab")
            #expect(
                try device.transcript(of: "#lab").sorted() == said.sorted(), comment, sourceLocation: sourceLocation)
            #expect(room.unsentCount == 0 && !room.isBehind, comment, sourceLocation: sourceLocation)
            #expect(room.phase == .active, comment, sourceLocation: sourceLocation)
            #expect(
                try room.cursor.chain == devices[0].room("#lab").cursor.chain, comment, sourceLocation: sourceLocation)
            #expect(try room.code == devices[0].room("#lab").code, comment, sourceLocation: sourceLocation)
        }
    }
}

extension Device {
    /// How often it has shown a text as something new.
    func timesShown(_ text: String) -> Int {
        events.count { event in
            switch event {
            case .message(_, let message), .sent(_, let message):
                if case .body(.text(let said)) = message.content { return said.description == text }
                return false
            default: return false
            }
        }
    }

    /// Where it stands in `#lab`, for comments.
    var state: String {
        guard let room = try? room("#lab") else { return "not there" }
        return
            "\(room.phase) \(room.cursor.sequence)/\(room.head) epoch \(room.epoch ?? 0), log \(room.rollback.logEpoch ?? 0), "
            + "\(room.intents), expelled \(room.rollback.expelled), lost thread: \(room.lostThread) \(room.findings)"
    }

    /// What it found in `#lab`, but for the rollback itself.
    var otherFindings: [Finding] {
        get throws { try findings(of: "#lab").filter { if case .rollback = $0 { false } else { true } } }
    }
}
