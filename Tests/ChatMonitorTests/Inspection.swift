import ChatMonitor
import ChatWire
import NIOCore
import TLSMonitor

/// Feeds an inspector as a monitor does, record by record.
struct Inspection {
    let inspector: ConclaveInspector
    private var packet = 0
    private var offsets = [0, 0]

    init(canaries: [String] = []) {
        inspector = ConclaveInspector(canaries: canaries.compactMap { Marker($0) })
    }

    /// - Parameter record: bytes of content in each record.
    mutating func say(
        _ direction: FlowDirection, _ bytes: [UInt8], flow: Int = 1, type: UInt8 = 23, record: Int = 16_384
    ) {
        for start in stride(from: 0, to: bytes.count, by: record) {
            inspector.receive(
                Array(bytes[start..<min(start + record, bytes.count)]), type: type, at: place(direction, flow))
        }
    }

    private mutating func place(_ direction: FlowDirection, _ flow: Int) -> InnerPlace {
        packet += 1
        let side = direction == .clientToServer ? 0 : 1
        offsets[side] += 100
        return InnerPlace(flow: flow, direction: direction, offset: offsets[side], packet: packet)
    }

    mutating func client(_ frames: ClientFrame..., flow: Int = 1) throws {
        for frame in frames { say(.clientToServer, try Self.bytes(frame), flow: flow) }
    }

    mutating func server(_ frames: ServerFrame..., flow: Int = 1) throws {
        for frame in frames { say(.serverToClient, try Self.bytes(frame), flow: flow) }
    }

    mutating func miss(_ direction: FlowDirection, flow: Int = 1) {
        inspector.miss("a record is not whole", at: place(direction, flow))
    }

    static func bytes(_ frame: ClientFrame) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try frame.write(to: &buffer)
        return Array(buffer.readableBytesView)
    }

    static func bytes(_ frame: ServerFrame) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try frame.write(to: &buffer)
        return Array(buffer.readableBytesView)
    }

    /// A frame with any body.
    static func raw(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        let length = UInt32(body.count + 1)
        return [UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type]
            + body
    }
}

extension InnerReport {
    func says(_ words: String) -> Bool { findings.contains { $0.words.contains(words) } }

    func count(_ name: String) -> Int { counts.first { $0.name == name }?.count ?? -1 }

    func bytes(_ name: String) -> Int { ledger.first { $0.name == name }?.bytes ?? -1 }

    var total: Int { ledger.reduce(0) { $0 + $1.bytes } }

    var told: String { findings.map { "\($0.weight): \($0.words)" }.joined(separator: "\n") }
}
