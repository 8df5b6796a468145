import Chat
import ChatClient
import ChatWire
import Foundation
import MLS
import MLSWire
import NIOCore
import NIOPosix
import TLSTransport

/// Adding somebody to a large room. The other members are devices with certificates, connected once to publish key packages.
struct AddBench {
    let stage: Stage
    let members: Int

    func run() throws {
        let users = (members + 8) / 10
        let names = (1...users).flatMap { user in (1...10).map { "crowd\(user)/d\($0)" } }.prefix(members - 1)
        let crowd = try names.map { try BenchDevice($0, in: stage.certificates) }
        let guests = try (1...10).map { try BenchDevice("guest\($0)/default", in: stage.certificates) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        for device in crowd + guests { try Publisher.publish(device, port: stage.port, on: group.next()) }
        try group.syncShutdownGracefully()
        let alone = try commitAlone(crowd, guests)

        let newcomer = try stage.listener("guest11")
        let alice = try stage.chat("alice")
        try alice.await("connected", seconds: 10)
        alice.write("/create #big")
        try alice.await("you are in #big", seconds: 10)
        let start = ContinuousClock.now
        alice.write((1...users).map { "/invite crowd\($0)" }.joined(separator: "\n"))
        try alice.await("crowd\(users)/")
        Output.heading("A room of \(members) devices")
        Output.row("found it: all are added by one person", (ContinuousClock.now - start) / .milliseconds(1), "ms")
        try requireMembers(members, alice)
        var times: [Double] = []
        var costs: [Double] = []
        for guest in guests {
            Thread.sleep(forTimeInterval: 0.5)
            let before = alice.processorTime
            let start = ContinuousClock.now
            alice.write("/invite \(guest.identity.user)")
            // The line that tells of it, in the room's transcript.
            times.append((try alice.await("-- \(guest.identity.user)", seconds: 20) - start) / .milliseconds(1))
            Thread.sleep(forTimeInterval: 0.3)
            costs.append((alice.processorTime - before) * 1_000)
        }
        try requireMembers(members + guests.count, alice)
        Output.row(
            "add one more: from /invite to the adopted commit", times.median, "ms", reference: (alone, "the MLS commit")
        )
        Output.row("  the slowest of \(times.count)", times.max() ?? 0, "ms")
        Output.row("  processor time of the adder", costs.median, "ms", reference: (alone, "the MLS commit"))
        let began = ContinuousClock.now
        alice.write("/invite guest11")
        let end = try newcomer.await("\"opened\"", seconds: 20)
        Output.row("from /invite until the newcomer is in", (end - began) / .milliseconds(1), "ms")
        try requireMembers(members + guests.count + 1, alice)
    }

    private func requireMembers(_ count: Int, _ alice: Program) throws {
        alice.write("/rooms")
        try alice.await("\(count) devices", seconds: 10)
    }

    /// The same commit with the MLS library alone, encoded, in milliseconds: the median of as many as there are guests.
    private func commitAlone(_ crowd: [BenchDevice], _ guests: [BenchDevice]) throws -> Double {
        let clock: @Sendable () -> UInt64 = { UInt64(Date.now.timeIntervalSince1970) }
        let device = try BenchDevice("alice/default", in: stage.certificates).device
        func package(of device: BenchDevice) throws -> KeyPackage {
            try device.device.client(clock: clock).makeKeyPackage(for: device.device.suite).keyPackage
        }
        var group = try MLSGroup(
            GroupID(bytes: Array("bench".utf8)), suite: device.suite, client: device.client(clock: clock))
        let first = try group.commit(try crowd.map { .add(try package(of: $0)) })
        group.adopt(first.take())
        var times: [Double] = []
        for guest in guests {
            let package = try package(of: guest)
            let start = ContinuousClock.now
            let outbound = try group.commit([.add(package)])
            let bytes =
                outbound.message.encoded.count + (outbound.welcome.map { MLSMessage.welcome($0).encoded.count } ?? 0)
            group.adopt(outbound.take())
            times.append((ContinuousClock.now - start) / .milliseconds(1))
            guard bytes > 0 else { throw BenchError("there was no commit") }
        }
        return times.median
    }
}

/// A device that connects, publishes key packages and goes.
private final class Publisher: FrameReceiver {
    private let device: BenchDevice
    private let done: EventLoopPromise<Void>

    private init(_ device: BenchDevice, _ done: EventLoopPromise<Void>) {
        self.device = device
        self.done = done
    }

    static func publish(_ device: BenchDevice, port: Int, on loop: any EventLoop) throws {
        let done = loop.makePromise(of: Void.self)
        try loop.flatSubmit {
            TLSClient.connect(
                host: "127.0.0.1", port: port, context: device.context,
                receiver: NIOLoopBound(Publisher(device, done), eventLoop: loop),
                loop: NIOLoopBound(TLSLoop(eventLoop: loop), eventLoop: loop))
        }.wait()
        try done.futureResult.wait()
    }

    func connected(_ connection: TLSConnection) {}

    func received(_ frame: Frame, on connection: TLSConnection) {
        do {
            switch try ServerFrame(frame) {
            case .greeting:
                let client = device.device.client(clock: { UInt64(Date.now.timeIntervalSince1970) })
                let packages = try (0..<2).map { _ in
                    ByteBuffer(
                        bytes: MLSMessage.keyPackage(
                            try client.makeKeyPackage(for: device.device.suite, lifetime: 86_400).keyPackage
                        ).encoded)
                }
                var bytes = ByteBuffer()
                try ClientFrame.publish(RequestID(1), packages: packages, lastResort: ByteBuffer()).write(to: &bytes)
                connection.send(bytes)
            case .stocked:
                done.succeed()
                connection.close()
            case .failed(_, let failure), .closing(let failure):
                throw BenchError("\(device.identity): \(failure.words)")
            default: break
            }
        } catch {
            done.fail(error)
        }
    }

    func violated(_ error: FrameError, on connection: TLSConnection) { connection.close(because: error) }
    func closed(_ connection: TLSConnection, because reason: TLSCloseReason) {
        done.fail(BenchError("\(device.identity): \(reason.description)"))
    }
}
