import TLSWire

/// The order of what keys show of TLS 1.3 (RFC 8446 §2), side by side.
struct InnerHandshake {
    private var sides = [Side(), Side()]

    private struct Side {
        var place = 0
        var isFinished = false
        /// An alert that ends the connection came.
        var isOver = false
        /// Some of it was not seen: what must come before cannot be said.
        var hasLost = false
    }

    mutating func lose(_ direction: FlowDirection) { sides[direction.index].hasLost = true }

    mutating func judge(
        _ content: InnerRecord.Content, _ direction: FlowDirection, isEarly: Bool, _ check: inout RuleCheck
    ) {
        let index = direction.index
        let isKnown = [21, 22, 23].contains(content.type)
        check.expect(
            .innerType, isKnown, "a record of \(direction.sender) holds content of type \(content.type) inside")
        check.expect(
            .innerLength, content.length <= 1 << 14 && content.length + content.padding <= 1 << 14,
            "a record of \(direction.sender) holds \(content.length + content.padding) bytes inside")
        if sides[index].isOver { check.fail(.innerAfterClose, "\(direction.sender) goes on after it closed") }
        switch content.type {
        case 21: judgeAlert(content, index, &check)
        case 22:
            check.expect(.innerEmpty, content.length > 0, "an empty handshake record inside")
            for message in content.messages { judge(message, direction, &check) }
        case 23 where !sides[index].isFinished && !sides[index].hasLost && sides[index].place > 0:
            check.expect(
                .innerData, isEarly && sides[index].place == 0,
                "\(direction.sender) sends application data before its Finished")
        case 23: check.pass([.innerData])
        default: break
        }
    }

    private mutating func judgeAlert(_ content: InnerRecord.Content, _ index: Int, _ check: inout RuleCheck) {
        check.expect(.innerEmpty, content.length > 0, "an empty alert inside")
        guard content.length > 0 else { return }
        check.expect(.innerAlert, content.alert != nil, "an alert of \(content.length) bytes inside")
        guard let alert = content.alert else { return }
        check.pass([.innerAfterClose])
        // user_canceled announces a closure.
        if alert.code != 90 { sides[index].isOver = true }
    }

    private mutating func judge(_ message: HandshakeType, _ direction: FlowDirection, _ check: inout RuleCheck) {
        let index = direction.index
        let isClient = direction == .clientToServer
        guard let place = Self.place(message.rawValue, isClient, isFinished: sides[index].isFinished) else {
            if !sides[index].hasLost {
                check.fail(.innerOrder, "\(message) of \(direction.sender) inside, where it may not be")
            }
            return
        }
        let isInOrder = sides[index].isFinished || place > sides[index].place || sides[index].hasLost
        check.expect(.innerOrder, isInOrder, "\(message) of \(direction.sender) comes too late, inside")
        sides[index].place = max(sides[index].place, place)
        if message.rawValue == 20 {
            sides[index].isFinished = true
            sides[index].hasLost = false
        }
    }

    /// In the order of the first flight; afterwards any place will do. `nil` for what may not come.
    private static func place(_ type: UInt8, _ isClient: Bool, isFinished: Bool) -> Int? {
        switch (type, isClient, isFinished) {
        case (5, true, false): 1
        case (8, false, false): 1
        // Browsers answer settings of the application so (draft-vvv-tls-alps).
        case (8, true, false): 2
        case (13, false, _): 2
        case (11, _, false), (25, _, false), (11, true, true), (25, true, true): 3
        case (15, _, false), (15, true, true): 4
        case (20, _, false), (20, true, true): 5
        case (4, false, true), (24, _, true): 6
        default: nil
        }
    }
}
