@testable import TLSMonitor

/// Packets of several parties, each at its time, as raw IP.
struct Scene {
    private(set) var packets: [(time: Int64, bytes: [UInt8])] = []
    /// Nanoseconds since 1970.
    var now: Int64 = 1_700_000_000_000_000_000

    static let fin: UInt8 = 1, syn: UInt8 = 2, rst: UInt8 = 4, ack: UInt8 = 16

    static func client(_ last: Int = 1, port: UInt16 = 50_000) -> Endpoint {
        Endpoint(address: IPAddress(v4: 0xC633_6400 + UInt32(last)), port: port)
    }

    static func server(_ port: UInt16 = 7_443, host: Int = 2) -> Endpoint {
        Endpoint(address: IPAddress(v4: 0xC000_0200 + UInt32(host)), port: port)
    }

    static func client6(_ last: UInt64, network: UInt64 = 1) -> Endpoint {
        Endpoint(address: IPAddress(high: 0x2001_0DB8_0000_0000 | network, low: last), port: 50_000)
    }

    mutating func wait(milliseconds: Int) { now += Int64(milliseconds) * 1_000_000 }

    mutating func packet(
        _ source: Endpoint, _ destination: Endpoint, _ sequence: UInt32, _ acknowledgement: UInt32 = 0, flags: UInt8,
        _ payload: [UInt8] = []
    ) {
        func big(_ value: UInt32) -> [UInt8] { Wire.big(UInt16(value >> 16)) + Wire.big(UInt16(value & 0xFFFF)) }
        let tcp =
            Wire.big(source.port) + Wire.big(destination.port) + big(sequence) + big(acknowledgement)
            + [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0] + payload
        func wide(_ value: UInt64) -> [UInt8] {
            (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
        }
        let header: [UInt8] =
            source.address.isV4
            ? [0x45, 0] + Wire.big(UInt16(20 + tcp.count)) + [0, 1, 0x40, 0, 64, 6, 0, 0]
                + big(UInt32(truncatingIfNeeded: source.address.low))
                + big(UInt32(truncatingIfNeeded: destination.address.low))
            : [0x60, 0, 0, 0] + Wire.big(UInt16(tcp.count)) + [6, 64] + wide(source.address.high)
                + wide(source.address.low) + wide(destination.address.high) + wide(destination.address.low)
        packets.append((now, header + tcp))
        now += 1_000_000
    }

    /// What was raised, and whatever else was told.
    func run(_ settings: [String: String] = [:], _ change: (inout AlarmLimits) -> Void = { _ in }) throws -> [Alarm] {
        var limits = AlarmLimits()
        for (name, value) in settings { try limits.set(name, value) }
        change(&limits)
        return events(limits).compactMap { event in if case .alarm(let alarm) = event { alarm } else { nil } }
    }

    private func events(_ limits: AlarmLimits) -> [MonitorEvent] {
        let monitor = TrafficMonitor(alarms: AlarmWatch(limits))
        var events: [MonitorEvent] = []
        for (index, packet) in packets.enumerated() {
            packet.bytes.withUnsafeBytes { bytes in
                monitor.receive(
                    CapturedPacket(number: index + 1, time: packet.time, link: .raw, originalLength: bytes.count), bytes
                )
            }
            events += monitor.takeEvents()
        }
        _ = monitor.finish()
        return events + monitor.takeEvents()
    }
}

/// A TCP connection in a scene.
struct Dialogue {
    let client: Endpoint
    let server: Endpoint
    /// Sequence numbers of the next bytes, client first.
    var next: [UInt32]

    init(_ client: Endpoint = Scene.client(), _ server: Endpoint = Scene.server(), at sequence: UInt32 = 1_000) {
        (self.client, self.server) = (client, server)
        next = [sequence, sequence &+ 5_000_000]
    }

    mutating func send(
        _ from: FlowDirection, _ scene: inout Scene, flags: UInt8 = Scene.ack, _ payload: [UInt8] = []
    ) {
        let isClient = from == .clientToServer
        scene.packet(
            isClient ? client : server, isClient ? server : client, next[from.index],
            flags & Scene.ack == 0 ? 0 : next[1 - from.index], flags: flags, payload)
        next[from.index] &+= UInt32(payload.count) &+ (flags & (Scene.syn | Scene.fin) == 0 ? 0 : 1)
    }

    mutating func open(_ scene: inout Scene) {
        send(.clientToServer, &scene, flags: Scene.syn)
        send(.serverToClient, &scene, flags: Scene.syn | Scene.ack)
        send(.clientToServer, &scene)
    }

    mutating func say(_ turns: [Talk.Turn], _ scene: inout Scene) {
        for turn in turns {
            for start in stride(from: 0, to: turn.bytes.count, by: 1_400) {
                send(turn.direction, &scene, Array(turn.bytes[start..<min(start + 1_400, turn.bytes.count)]))
            }
        }
    }

    mutating func close(_ scene: inout Scene, first: FlowDirection = .clientToServer) {
        send(first, &scene, flags: Scene.fin | Scene.ack)
        send(first.opposite, &scene, flags: Scene.fin | Scene.ack)
        send(first, &scene)
    }

    /// All of a connection.
    static func whole(
        _ turns: [Talk.Turn], _ client: Endpoint, _ server: Endpoint,
        _ scene: inout Scene
    ) {
        var dialogue = Dialogue(client, server)
        dialogue.open(&scene)
        dialogue.say(turns, &scene)
        dialogue.close(&scene)
    }
}

/// Turns of TLS that alarms are about.
enum Speech {
    static func hello(versions: [UInt16] = [0x0304], suites: [UInt16] = [0x1302], groups: [UInt16] = [29]) -> Talk.Turn
    {
        var extensions = Wire.extension(0, Wire.vector([0] + Wire.vector(Array("chat.test".utf8))))
        extensions += Wire.extension(10, Wire.vector(groups.flatMap(Wire.big)))
        extensions += Wire.extension(43, [UInt8(versions.count * 2)] + versions.flatMap(Wire.big))
        extensions += Wire.extension(51, Wire.vector(groups.flatMap { Wire.big($0) + Wire.vector(Wire.session) }))
        let body =
            Wire.big(0x0303) + Wire.session + [32] + Wire.session + Wire.vector(suites.flatMap(Wire.big)) + [1, 0]
            + Wire.vector(extensions)
        return .client(Wire.record(22, Wire.message(1, body), version: 0x0301))
    }

    static func answer(
        version: UInt16 = 0x0304, suite: UInt16 = 0x1302, group: UInt16 = 29, random: [UInt8] = Wire.session
    ) -> Talk.Turn {
        let extensions =
            version == 0x0304
            ? Wire.extension(43, Wire.big(version)) + Wire.extension(51, Wire.big(group) + Wire.vector(Wire.session))
            : []
        let body =
            Wire.big(min(version, 0x0303)) + random + [32] + Wire.session + Wire.big(suite) + [0]
            + Wire.vector(extensions)
        return .server(Wire.record(22, Wire.message(2, body)))
    }

    static func old(
        _ version: UInt16, suite: UInt16 = 0xC02F, offering versions: [UInt16]? = nil, random: [UInt8] = Wire.session
    )
        -> [Talk.Turn]
    {
        [
            hello(versions: versions ?? [version], suites: [suite]),
            answer(version: version, suite: suite, random: random),
        ]
    }

    static let downgraded = Array(Wire.session.prefix(24)) + Array("DOWNGRD".utf8) + [1]

    static func alert(_ code: UInt8, from direction: FlowDirection = .serverToClient) -> Talk.Turn {
        Talk.Turn(direction: direction, bytes: Wire.record(21, [2, code]))
    }

    static func data(_ count: Int, _ direction: FlowDirection = .clientToServer, seed: UInt64 = 7) -> Talk.Turn {
        var generator = SeededGenerator(seed)
        return Talk.Turn(direction: direction, bytes: Wire.record(23, generator.bytes(count)))
    }
}
