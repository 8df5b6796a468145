import Crypto
import Foundation
import TLSWire

@testable import TLSMonitor

/// A connection whose keys are known, record by record, so that somebody on the way can change it.
struct SealedTalk {
    var talk = Talk(turns: [])
    let suite: UInt16
    /// By label, as they would stand in a key log.
    var secrets: [KeyLog.Label: SymmetricKey] = [:]
    /// Where the application's records are among the turns, of each direction.
    var data: [FlowDirection: [Int]] = [.clientToServer: [], .serverToClient: []]
    /// Where the records are with which the keys change.
    var finished: [FlowDirection: Int] = [:]
    private var sealers: [FlowDirection: Sealer] = [:]
    private var generator: SeededGenerator

    static let random = Wire.session

    /// The handshake, and nothing else.
    init(_ suite: UInt16 = 0x1301, seed: UInt64 = 1) {
        self.suite = suite
        generator = SeededGenerator(seed)
        for label in KeyLog.Label.allCases {
            let length = label == .master ? 48 : SuiteParameters(TLSCipherSuite(rawValue: suite))?.hashLength ?? 32
            secrets[label] = SymmetricKey(data: generator.bytes(length))
        }
    }

    /// A handshake, so many records of each direction, and the end.
    static func whole(_ suite: UInt16 = 0x1301, records: Int = 6, seed: UInt64 = 1) -> SealedTalk {
        var talk = SealedTalk(suite, seed: seed)
        talk.greet()
        talk.finishServer()
        talk.finishClient()
        talk.chat(records)
        talk.end()
        return talk
    }

    mutating func greet(suites: [UInt16]? = nil, isEarly: Bool = false) {
        let hello = Wire.clientHello(suites: suites ?? [suite], isEarly: isEarly)
        talk.turns.append(.client(Wire.record(22, hello, version: 0x0301)))
        answer()
    }

    mutating func answer() {
        talk.turns.append(.server(Wire.record(22, Wire.serverHello(suite: suite))))
        use(.serverHandshake, .serverToClient)
        use(.clientHandshake, .clientToServer)
    }

    mutating func use(_ label: KeyLog.Label, _ direction: FlowDirection, suite: UInt16? = nil) {
        sealers[direction] = secrets[label].flatMap { Sealer(suite ?? self.suite, secret: $0) }
    }

    mutating func use(_ sealer: Sealer?, _ direction: FlowDirection) { sealers[direction] = sealer }

    /// A record of this sender.
    mutating func send(_ direction: FlowDirection, _ content: [UInt8], type: UInt8 = 23, padding: Int = 0) {
        let bytes = sealers[direction]?.seal(content, type: type, padding: padding) ?? []
        if type == 23 { data[direction]?.append(talk.turns.count) }
        talk.turns.append(Talk.Turn(direction: direction, bytes: bytes))
    }

    mutating func finishServer() {
        send(.serverToClient, Wire.message(8, [0, 0]), type: 22)
        finished[.serverToClient] = talk.turns.count
        send(.serverToClient, Wire.message(20, generator.bytes(32)), type: 22)
        use(.serverTraffic, .serverToClient)
    }

    mutating func finishClient() {
        finished[.clientToServer] = talk.turns.count
        send(.clientToServer, Wire.message(20, generator.bytes(32)), type: 22)
        use(.clientTraffic, .clientToServer)
    }

    mutating func chat(_ records: Int) {
        for number in 0..<records {
            send(.clientToServer, generator.bytes(20 + number))
            send(.serverToClient, generator.bytes(90 - number))
        }
    }

    /// Both change their keys (RFC 8446 §4.6.3).
    mutating func update(_ direction: FlowDirection) {
        finished[direction] = talk.turns.count
        send(direction, Wire.message(24, [0]), type: 22)
        let label: KeyLog.Label = direction == .clientToServer ? .clientTraffic : .serverTraffic
        guard let parameters = SuiteParameters(TLSCipherSuite(rawValue: suite)), let secret = secrets[label] else {
            return
        }
        secrets[label] = parameters.expand(secret, "traffic upd", length: parameters.hashLength)
        let first = firstSecrets[label] ?? secret
        firstSecrets[label] = first
        use(label, direction)
    }

    /// Of the traffic, before it was changed: what a key log has.
    private var firstSecrets: [KeyLog.Label: SymmetricKey] = [:]

    mutating func end() {
        send(.clientToServer, [1, 0], type: 21)
        send(.serverToClient, [1, 0], type: 21)
    }

    /// A record that nobody of the two made.
    mutating func forged(_ length: Int = 60) -> [UInt8] { Wire.record(23, generator.bytes(length)) }

    func keyLog(_ labels: [KeyLog.Label] = KeyLog.Label.allCases, random: [UInt8] = SealedTalk.random) -> [UInt8] {
        func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
        let lines = labels.compactMap { label in
            (firstSecrets[label] ?? secrets[label]).map { secret in
                "\(label.rawValue) \(hex(random)) \(hex(secret.withUnsafeBytes { Array($0) }))"
            }
        }
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// Where a turn begins in its direction's stream.
    func offset(_ turn: Int) -> Int {
        let direction = talk.turns[turn].direction
        return talk.turns[..<turn].filter { $0.direction == direction }.reduce(0) { $0 + $1.bytes.count }
    }
}

/// What the monitor finds with keys.
struct SealedObservation {
    var report: TrafficReport
    var records: [RecordEvent] = []

    /// - Parameter laterKeys: come behind so many packets.
    init(
        _ packets: [TestPacket], keys: [UInt8], laterKeys: (packets: Int, keys: [UInt8])? = nil
    ) {
        let keyLog = KeyLog()
        keyLog.add(keys)
        let monitor = TrafficMonitor(reportsRecords: true, keyLog: keyLog)
        for (index, packet) in packets.enumerated() {
            if let laterKeys, laterKeys.packets == index { keyLog.add(laterKeys.keys) }
            packet.bytes.withUnsafeBytes { bytes in
                monitor.receive(
                    CapturedPacket(
                        number: index + 1, time: Int64(index) * 1_000_000, link: packet.link,
                        originalLength: packet.originalLength), bytes)
            }
        }
        report = monitor.finish(CaptureFacts())
        for case .record(let record) in monitor.takeEvents() { records.append(record) }
    }

    init(_ talk: SealedTalk, keys: [UInt8]? = nil) {
        self.init(Connection.whole(talk.talk), keys: keys ?? talk.keyLog())
    }

    struct Failure: Hashable, CustomStringConvertible {
        var failure: KeyFailure
        var direction: FlowDirection?
        var offset: Int?

        var description: String { "\(failure) of \(direction?.rawValue ?? "?") at \(offset ?? -1)" }
    }

    var failures: [Failure] {
        report.findings.compactMap { finding in
            guard case .keys(let failure) = finding.topic else { return nil }
            return Failure(failure: failure, direction: finding.direction, offset: finding.offset)
        }
    }

    func says(_ words: String) -> Bool { report.findings.contains { $0.words.contains(words) } }
    var protected: [RecordEvent] { records.filter { $0.kind == .protected } }
}
