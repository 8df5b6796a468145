import Crypto
import TLSWire

/// What the keys show of an encrypted record.
public enum InnerRecord: Hashable, Sendable {
    /// The record is what its sender made.
    /// - Parameters:
    ///   - type: of the content inside.
    ///   - words: handshake messages that it completes, or the alert.
    ///   - length: of the content, in bytes; `padding` zeros follow it.
    case authentic(type: UInt8, words: [String], length: Int, padding: Int)
    /// The keys do not open it, and why that may be.
    case failed(String)
}

/// An encrypted record under the keys that there are for it.
struct OpenedRecord {
    var inner: InnerRecord
    /// What is odd about its place, in words.
    var oddity: String?
    /// By how much its place in the sender's count is not what it should be.
    var displacement = 0
    /// What it holds; nil if the keys do not open it.
    var content: [UInt8]?
}

/// Opens the records of a connection for which there are secrets.
struct FlowDecryptor {
    private let keyLog: KeyLog
    private var sides = [Side(), Side()]

    private struct Side {
        var opener: RecordOpener?
        var label: KeyLog.Label?
        var suiteAndRandom: (SuiteParameters, [UInt8])?
        var assembler = HandshakeAssembler()
        /// The record before could not be opened.
        var hasFailed = false
    }

    init(_ keyLog: KeyLog) {
        self.keyLog = keyLog
    }

    /// What is in an encrypted record; nil if there is no secret for it, or the cipher suite is not one that is opened here.
    mutating func open(
        _ record: ScannedRecord, from direction: FlowDirection, _ view: TLSHandshakeView
    ) -> OpenedRecord? {
        prepare(direction, view)
        guard sides[direction.index].opener != nil, record.isWhole else { return nil }
        guard let opened = open(record, direction, view.serverHello) else {
            let isFirst = sides[direction.index].opener?.openedCount == 0
            sides[direction.index].hasFailed = true
            return OpenedRecord(
                inner: .failed(
                    isFirst
                        ? "the key is not the one of this connection, or the record was altered"
                        : "the record was altered on the way, or is not the sender's"))
        }
        let oddity = oddity(opened.displacement, afterFailure: sides[direction.index].hasFailed)
        sides[direction.index].hasFailed = false
        let words = words(opened, direction)
        return OpenedRecord(
            inner: .authentic(
                type: opened.type, words: words, length: opened.content.count, padding: opened.padding),
            oddity: oddity, displacement: opened.displacement, content: opened.content)
    }

    /// Early data that the server did not take has no end that is seen: what its key does not open may be under the next.
    private mutating func open(
        _ record: ScannedRecord, _ direction: FlowDirection, _ answer: ServerHello?
    ) -> RecordOpener.Opened? {
        let index = direction.index
        let before = sides[index].opener
        if let opened = sides[index].opener?.open(record.header, record.payload) { return opened }
        guard sides[index].label == .clientEarly, let suite = answer.flatMap({ SuiteParameters($0.cipherSuite) }),
            let (_, random) = sides[index].suiteAndRandom
        else { return nil }
        use(.clientHandshake, direction, random, suite)
        if let opened = sides[index].opener?.open(record.header, record.payload) { return opened }
        sides[index].opener = before
        sides[index].label = .clientEarly
        return nil
    }

    private func oddity(_ displacement: Int, afterFailure: Bool) -> String? {
        switch displacement {
        case 0: nil
        case -1 where afterFailure: "the record before this one was put in by somebody else"
        case 1...: "\(displacement) records before this one are missing"
        default: "a record that came before is here again"
        }
    }

    /// Makes the first opener of a direction when its keys are known.
    private mutating func prepare(_ direction: FlowDirection, _ view: TLSHandshakeView) {
        guard let hello = view.clientHello else { return }
        let index = direction.index
        guard let answer = view.serverHello else {
            // Early data is under the suite of the session that is resumed, which is nearly always the first on offer.
            if sides[index].opener == nil, direction == .clientToServer, hello.extensions.hasEarlyData,
                let suite = hello.cipherSuites.lazy.compactMap(SuiteParameters.init).first
            {
                use(.clientEarly, direction, hello.random, suite)
            }
            return
        }
        guard let suite = SuiteParameters(answer.cipherSuite) else { return }
        if answer.version == .tls13 {
            let label: KeyLog.Label = direction == .clientToServer ? .clientHandshake : .serverHandshake
            if sides[index].opener == nil { use(label, direction, hello.random, suite) }
        } else if sides[index].opener == nil, let master = keyLog.secret(.master, of: hello.random) {
            let pair = RecordOpener.pair(
                suite, master: master, clientRandom: hello.random, serverRandom: answer.random)
            for side in sides.indices where sides[side].opener == nil { sides[side].opener = pair[side] }
        }
    }

    private mutating func use(
        _ label: KeyLog.Label, _ direction: FlowDirection, _ random: [UInt8], _ suite: SuiteParameters
    ) {
        guard let secret = keyLog.secret(label, of: random) else { return }
        sides[direction.index].label = label
        sides[direction.index].opener = RecordOpener(suite, secret: secret)
        sides[direction.index].suiteAndRandom = (suite, random)
    }

    /// The messages that a record completes; those that change keys do so.
    private mutating func words(_ opened: RecordOpener.Opened, _ direction: FlowDirection) -> [String] {
        let index = direction.index
        switch TLSContentType(rawValue: opened.type) {
        case .alert: return [Alert(opened.content)?.description ?? "an alert that is none"]
        case .handshake:
            guard let messages = sides[index].assembler.append(opened.content) else {
                return ["a message that is too long"]
            }
            for message in messages { turn(message.type, direction) }
            return messages.map(\.type.description)
        default: return []
        }
    }

    private mutating func turn(_ type: HandshakeType, _ direction: FlowDirection) {
        let index = direction.index
        guard let (suite, random) = sides[index].suiteAndRandom else { return }
        switch (type.rawValue, sides[index].label) {
        case (5, .clientEarly): use(.clientHandshake, direction, random, suite)
        case (20, .clientHandshake): use(.clientTraffic, direction, random, suite)
        case (20, .serverHandshake): use(.serverTraffic, direction, random, suite)
        case (24, _): sides[index].opener?.update()
        default: break
        }
    }
}
