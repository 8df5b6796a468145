import MLS
import MLSWire

/// Messages of the members, in any order and late.
extension Machine {
    func sendLetter() throws {
        let device = try pick(devices)
        lettersSent += 1
        let text = Array("letter \(lettersSent)".utf8)
        guard model.pending.isEmpty else {
            note("refused letter: \(device.name)")
            return try refuses("a letter while proposals wait", { $0 == .misuse(.pendingProposals) }) {
                () throws(MLSError) in _ = try device.group.seal(text)
            }
        }
        note("letter: \(device.name)")
        let padding = try pick([0, 1, 64, 1000])
        let message = try device.group.seal(text, authenticatedData: [UInt8(padding & 0xFF)], padding: padding)
        let letter = MachineLetter(
            message, text, from: device.leaf, epoch: model.epoch, to: devices.filter { $0 !== device })
        letters.append(letter)
        if chance(0.1) {
            let own = try device.group.receive(message)
            guard case .own = own else { throw Unexpected("an own message is taken for another's") }
        }
        for ghost in ghosts.suffix(2) {
            try refuses("a letter to a removed device", { _ in true }) { () throws(MLSError) in
                _ = try ghost.group.receive(message)
            }
        }
    }

    /// Delivers each message on its way to each that waits for it, with some probability, and in any order.
    func deliverLetters(in probability: Double) throws {
        for letter in letters.shuffled(using: &random) {
            for device in letter.waiting where chance(probability) {
                letter.waiting.removeAll { $0 === device }
                if devices.contains(where: { $0 === device }) { try deliver(letter, to: device) }
            }
        }
        letters.removeAll { $0.waiting.isEmpty || $0.epoch + 6 < model.epoch }
    }

    private func deliver(_ letter: MachineLetter, to device: MachineDevice) throws {
        let age = model.epoch - letter.epoch
        guard age <= UInt64(MachinePeople.policy.pastEpochs) else {
            note("too late: \(device.name)")
            return try refuses("a letter that is too old", { $0 == .pastEpoch(letter.epoch) }) {
                () throws(MLSError) in _ = try device.group.receive(letter.message)
            }
        }
        note(age > 0 ? "late: \(device.name), \(age) epochs" : "in time: \(device.name)")
        let received = try device.group.receive(letter.message)
        guard case .application(let message) = received else {
            throw Unexpected("a letter is taken for something else")
        }
        try check(
            message.data == letter.text && message.sender.leaf == letter.sender && message.epoch == letter.epoch,
            "\(device.name) reads another letter than was sent")
        guard chance(0.2) else { return }
        if chance(0.5) { try device.restart() }
        try refuses("a letter that was read", { $0 == .invalid(.generationIsUnused) }) { () throws(MLSError) in
            _ = try device.group.receive(letter.message)
        }
    }
}
