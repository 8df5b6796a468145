package import TLSMonitor

/// Looks inside of opened TLS connections, and judges whether they carry Conclave frames whose payloads are MLS, and nothing else.
///
/// It judges structure, not secrecy: what has the form and the lengths of ciphertext can be anything that only its readers know.
package final class ConclaveInspector: InnerInspector {
    private let canaries: [Marker]
    private let log = InspectionLog()
    private var conversations: [Int: Conversation] = [:]
    private var connections = 0
    private var sample: [UInt8] = []

    /// - Parameter canaries: texts that must not be readable inside of TLS.
    package init(canaries: [Marker] = []) {
        self.canaries = canaries
    }

    package func receive(_ content: [UInt8], type: UInt8, at place: InnerPlace) {
        if sample.count < 256 { sample += content.prefix(256) }
        change(place) { $0.receive(content, type: type, at: place) }
    }

    package func miss(_ reason: String, at place: InnerPlace) {
        change(place) { $0.miss(reason, at: place) }
    }

    /// Changes a conversation, and keeps count of what all of them hold.
    private func change(_ place: InnerPlace, _ body: (Conversation) -> Void) {
        let conversation = conversations[place.flow] ?? Conversation(log, canaries: canaries)
        if conversations.updateValue(conversation, forKey: place.flow) == nil { connections += 1 }
        let before = conversation.heldBytes
        body(conversation)
        log.heldBytes += conversation.heldBytes - before
        if log.heldBytes > InspectionLog.heldLimit, conversation.heldBytes > 0 {
            log.heldBytes -= conversation.heldBytes
            conversation.giveUp(at: place)
        }
    }

    package func close(flow: Int) {
        guard let conversation = conversations.removeValue(forKey: flow) else { return }
        log.heldBytes -= conversation.heldBytes
        conversation.close()
    }

    package func finish() -> InnerReport {
        for flow in conversations.keys.sorted() { close(flow: flow) }
        log.finish()
        if log.frames.reduce(0, +) == 0 {
            log.find(
                Finding(
                    weight: .doubt,
                    words:
                        "no Conclave frame was opened: give the sessions' keys with --keylog, and capture from the first packet"
                ))
        }
        let control = MarkerSearch.control(canaries, sample: sample)
        if control.found < control.of {
            log.find(
                Finding(
                    weight: .doubt,
                    words: "the search for canaries does not find what is there (an error in this program)"))
        }
        return InspectionSummary(
            log: log, connections: connections, canaries: canaries.count, control: control
        ).report
    }
}
