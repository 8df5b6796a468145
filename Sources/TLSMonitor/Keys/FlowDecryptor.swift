import Crypto
import Foundation
public import TLSWire

/// What the keys show of an encrypted record.
public enum InnerRecord: Hashable, Sendable {
    /// The record is what its sender made.
    case authentic(Content)
    /// The keys do not open it, and why that may be. What became of it shows later: a finding says it.
    case failed(KeyFailure, String)

    /// What it holds.
    public struct Content: Hashable, Sendable {
        /// Of the content, as a record names it; 0 if there is nothing but padding, which RFC 8446 §5.4 forbids.
        public var type: UInt8
        /// Handshake messages that it completes.
        public var messages: [HandshakeType] = []
        public var alert: Alert?
        /// Of the content, in bytes; `padding` zeros follow it.
        public var length: Int
        public var padding: Int
        /// The content is, or belongs to, records of TLS itself.
        public var isNested = false

        /// Names of the messages, or of the alert.
        public var words: [String] { messages.map(\.description) + (alert.map { [$0.description] } ?? []) }
    }
}

/// An encrypted record under the keys that there are for it.
struct OpenedRecord {
    var inner: InnerRecord
    /// What it shows of itself, and of records before it that were not opened.
    var findings: [KeyFinding] = []
    /// By how much its place in the sender's count is not what it should be.
    var displacement = 0
    /// What it holds; nil if the keys do not open it.
    var text: RecordCipher.Plaintext?
}

/// Opens the records of a connection for which there are secrets.
struct FlowDecryptor {
    private let keyLog: KeyLog
    private var sides = [Side(), Side()]
    /// Of TLS 1.3, once both have said hello.
    private var schedule: KeySchedule?
    /// Hellos under the keys of TLS 1.2, which begin another handshake.
    private var renewal: (client: [UInt8]?, server: ServerHello?)

    private struct Side {
        var decryptor = DirectionDecryptor()
        var assembler = HandshakeAssembler()
        var nested = NestedTLS()
        var isBegun = false
        /// How many secrets there were when this direction's was looked for in vain, after the hellos.
        var lookedAt = -1
    }

    init(_ keyLog: KeyLog) {
        self.keyLog = keyLog
    }

    /// What is in an encrypted record, in `view`'s connection; nil if there is no secret for it, or the cipher suite is not one that is opened here.
    mutating func open(
        _ record: ScannedRecord, from direction: FlowDirection, _ view: @autoclosure () -> TLSHandshakeView
    ) -> OpenedRecord? {
        let index = direction.index
        switch sides[index].decryptor.stage?.label {
        case nil where sides[index].lookedAt != keyLog.count: prepare(direction, view())
        case .clientEarly where schedule == nil: prepare(direction, view())
        default: break
        }
        switch sides[index].decryptor.open(record, schedule) {
        case .noKey: return nil
        case .failed:
            // What was begun in a message cannot be finished.
            sides[index].assembler = HandshakeAssembler()
            let isNever = sides[index].decryptor.count.openedInAll == 0 && sides[index].decryptor.count.failed > 1
            return OpenedRecord(
                inner: isNever
                    ? .failed(.wrongKey, "the key opened no record of this direction so far")
                    : .failed(.unknown, "it is not the sender's; what comes behind it may show what it is"))
        case .opened(let text, let displacement, let findings):
            let content = content(of: text, direction, isInPlace: displacement >= 0)
            return OpenedRecord(
                inner: .authentic(content), findings: findings, displacement: displacement, text: text)
        }
    }

    /// So many bytes are not in the capture.
    mutating func lose(_ bytes: Int, from direction: FlowDirection) {
        sides[direction.index].decryptor.lose(bytes)
        sides[direction.index].assembler = HandshakeAssembler()
    }

    /// What can be said of records that were not opened, when nothing more comes.
    mutating func finish(_ direction: FlowDirection) -> [KeyFinding] {
        sides[direction.index].decryptor.finish()
    }

    // MARK: Keys

    /// Looks for the key of a direction that has none.
    private mutating func prepare(_ direction: FlowDirection, _ view: TLSHandshakeView) {
        let index = direction.index
        if let label = sides[index].decryptor.awaited {
            if let stage = schedule?.stage(label) { sides[index].decryptor.begin([stage]) }
            sides[index].lookedAt = keyLog.count
            return
        }
        guard !sides[index].isBegun || schedule == nil, let hello = view.clientHello else { return }
        guard let answer = view.serverHello else {
            if direction == .clientToServer, hello.extensions.hasEarlyData { beginEarly(hello) }
            return
        }
        sides[index].lookedAt = keyLog.count
        guard let suite = SuiteParameters(answer.cipherSuite) else { return }
        if answer.version == .tls13 {
            let schedule = KeySchedule(keyLog: keyLog, random: hello.random, suite: suite)
            self.schedule = schedule
            if !sides[index].isBegun { begin(direction, schedule, isEarly: hello.extensions.hasEarlyData) }
        } else if !sides[index].isBegun, let master = keyLog.secret(.master, of: hello.random) {
            let pair = RecordCipher.pair(
                suite, master: master, clientRandom: hello.random, serverRandom: answer.random)
            sides[index].isBegun = true
            sides[index].decryptor.begin([KeyStage(label: .master, cipher: pair[index])])
        }
    }

    /// Early data is under the suite of the session that is resumed, which is one of those on offer.
    private mutating func beginEarly(_ hello: ClientHello) {
        guard !sides[0].isBegun else { return }
        let secretLength = keyLog.secret(.clientEarly, of: hello.random).map { $0.bitCount / 8 }
        var stages: [KeyStage] = []
        for suite in hello.cipherSuites where suite.isTLS13 && stages.count < 5 {
            guard let parameters = SuiteParameters(suite), parameters.hashLength == secretLength,
                let stage = KeySchedule(keyLog: keyLog, random: hello.random, suite: parameters).stage(.clientEarly)
            else { continue }
            stages.append(stage)
        }
        guard !stages.isEmpty else { return }
        sides[0].isBegun = true
        sides[0].decryptor.begin(stages)
    }

    private mutating func begin(_ direction: FlowDirection, _ schedule: KeySchedule, isEarly: Bool) {
        let index = direction.index
        let isClient = direction == .clientToServer
        if let stage = schedule.stage(isClient ? .clientHandshake : .serverHandshake) {
            sides[index].isBegun = true
            sides[index].decryptor.begin([stage], maySkip: isClient && isEarly)
        } else if let stage = schedule.stage(isClient ? .clientTraffic : .serverTraffic) {
            // How many records of the handshake there are is not known.
            sides[index].isBegun = true
            sides[index].decryptor.doubt()
            sides[index].decryptor.begin([stage])
        }
    }

    // MARK: Content

    /// What is inside; messages that change keys do so, if they are not said again.
    private mutating func content(
        of text: RecordCipher.Plaintext, _ direction: FlowDirection, isInPlace: Bool
    ) -> InnerRecord.Content {
        let index = direction.index
        var content = InnerRecord.Content(type: text.type, length: text.length, padding: text.padding)
        switch TLSContentType(rawValue: text.type) {
        case .applicationData:
            let nested = text.bytes.withUnsafeBytes { bytes in
                isInPlace && sides[index].nested.see(UnsafeRawBufferPointer(rebasing: bytes.prefix(text.length)))
            }
            content.isNested = nested
        case .alert: content.alert = Alert(text.content)
        case .handshake where isInPlace:
            let messages = sides[index].assembler.append(text.content) ?? []
            content.messages = messages.map(\.type)
            for message in messages { take(message, direction) }
        case .changeCipherSpec where isInPlace: renew(direction)
        default: break
        }
        return content
    }

    private mutating func take(_ message: HandshakeAssembler.Message, _ direction: FlowDirection) {
        let index = direction.index
        if let schedule {
            switch (message.type.rawValue, sides[index].decryptor.stage?.label) {
            case (5, .clientEarly), (20, .clientHandshake), (20, .serverHandshake), (24, .clientTraffic),
                (24, .serverTraffic):
                sides[index].decryptor.advance(schedule)
            default: break
            }
        } else if sides[index].decryptor.stage?.label == .master {
            takeRenewal(message, direction)
        }
    }

    private mutating func takeRenewal(_ message: HandshakeAssembler.Message, _ direction: FlowDirection) {
        do throws(TLSDecodeError) {
            switch (message.type, direction) {
            case (.clientHello, .clientToServer):
                renewal = (try ClientHello(decoding: message.body).random, nil)
            case (.serverHello, .serverToClient): renewal.server = try ServerHello(decoding: message.body)
            default: break
            }
        } catch {
            renewal = (nil, nil)
        }
    }

    /// Another handshake of TLS 1.2 is done: its keys are used from now on (RFC 5246 §7.1).
    private mutating func renew(_ direction: FlowDirection) {
        let index = direction.index
        guard schedule == nil, sides[index].decryptor.stage?.label == .master else { return }
        guard let client = renewal.client, let server = renewal.server,
            let suite = SuiteParameters(server.cipherSuite), let master = keyLog.secret(.master, of: client)
        else {
            sides[index].decryptor.change(to: nil)
            return
        }
        let pair = RecordCipher.pair(suite, master: master, clientRandom: client, serverRandom: server.random)
        sides[index].decryptor.change(to: KeyStage(label: .master, cipher: pair[index]))
    }
}
