import Glibc
import PacketCapture
import Synchronization
import TLSMonitor

/// Captures until somebody or something ends it.
final class LiveSource {
    private let options: CaptureOptions
    private let live: LiveCaptures
    private let writer: CaptureWriter?
    private let signals = CaptureSignals()
    /// Of the files that were written.
    private(set) var digests: [CaptureDigest] = []

    /// - Throws: ``CaptureError``.
    convenience init(
        _ options: LiveOptions, filter: String, isVerbose: Bool = false, isQuiet: Bool = false
    ) throws(CaptureError) {
        try self.init(try options.options(filter: filter, isVerbose: isVerbose, isQuiet: isQuiet))
    }

    /// Opens everything that needs rights, then gives them up, and then locks the program down.
    /// - Throws: ``CaptureError``.
    init(_ options: CaptureOptions) throws(CaptureError) {
        self.options = options
        live = try LiveCaptures(options)
        let captures = live.captures
        for warning in captures.compactMap(\.warning) { complain(warning) }
        let interfaces = captures.map { CapturedInterface(name: $0.interface, link: $0.link) }
        func open() throws(CaptureError) -> CaptureWriter? {
            guard let path = options.file else { return nil }
            return try CaptureWriter(path: path, options, interfaces: interfaces)
        }
        // A series is begun by whoever will have to go on with it: better no capture than one that ends in an hour.
        let early = options.rotation.isOn ? nil : try open()
        let user = try Privileges.drop(to: options.user)
        writer = options.rotation.isOn ? try open() : early
        let lockdown = try Lockdown.enter(
            Lockdown.Needs(
                writableFolders: [writer?.folder].compactMap { $0 },
                interfaces: captures.map(\.interface),
                captureDescriptors: captures.map(\.descriptor)), as: user)
        if options.isVerbose { complain(lockdown.summary) }
    }

    /// What the interfaces count.
    var statistics: [InterfaceStatistics] { live.statistics }

    /// - Parameter tell: called whenever packets have come, and several times a second.
    /// - Throws: ``CaptureError/failed(_:)`` if the interfaces were gone before the first packet.
    func run(into monitor: TrafficMonitor, _ tell: () -> Void) throws(CaptureError) -> CaptureFacts {
        let filter = options.filter.isEmpty ? "" : " (\(options.filter))"
        if !options.isQuiet {
            complain("capturing on \(options.interfaces.joined(separator: ", "))\(filter); Ctrl-C ends it")
        }
        let end = options.stop.seconds.map { ContinuousClock.now + .seconds($0) }
        var left = options.stop.packets ?? .max
        var flushed = ContinuousClock.now
        var told = 0
        func take() {
            // Not more at once: under a flood the end must be noticed, too.
            left -= live.wait(milliseconds: 50, limit: min(left, 4_096)) { index, packet, bytes in
                writer?.write(packet, bytes, interface: index, statistics: { live.statistics })
                monitor.receive(packet, bytes)
            }
            let now = ContinuousClock.now
            if now - flushed > .seconds(1) {
                writer?.flush()
                flushed = now
            }
            while told < live.endings.count {
                complain(live.endings[told])
                told += 1
            }
            if signals.takeQuestion() { tellStatistics() }
            tell()
        }
        while goesOn(left), end.map({ ContinuousClock.now < $0 }) ?? true { take() }
        // What the kernel has captured by now is still on its way through its buffer.
        let last = ContinuousClock.now + .seconds(1)
        var quiet = 0
        while quiet < 4, left > 0, !isFull, !live.isOver, ContinuousClock.now < last {
            let before = left
            take()
            quiet += left == before ? 1 : 0
        }
        if live.isOver, left == options.stop.packets ?? .max {
            throw .failed("there was no packet before that")
        }
        return finish()
    }

    private var isFull: Bool {
        guard let writer else { return false }
        return writer.failure != nil || options.stop.kilobytes.map { writer.byteCount >= $0 * 1_000 } ?? false
    }

    private func goesOn(_ left: Int) -> Bool { !signals.mustStop && left > 0 && !isFull && !live.isOver }

    private func finish() -> CaptureFacts {
        let statistics = live.statistics
        var damage = live.endings.isEmpty ? nil : live.endings.joined(separator: "; ")
        if let writer {
            do throws(CaptureError) {
                digests = try writer.finishAll(statistics)
            } catch {
                // What was seen is still told; but the file is no evidence of it.
                complain("\(error)")
                damage = [damage, "capturing ended before its time: \(error)"].compactMap { $0 }.joined(separator: "; ")
            }
        }
        let drops = statistics.reduce(0) { $0 + $1.lost }
        if drops > 0 || options.isVerbose { tellStatistics() }
        if drops > 0, let writer, !writer.tellsDrops {
            complain("a pcap file cannot say that packets were lost; name it .pcapng, and it does")
        }
        return CaptureFacts(drops: drops, damage: damage)
    }

    /// One line for each interface.
    private func tellStatistics() {
        for counts in live.statistics {
            complain(
                "\(counts.interface): \(counts.received) packets received, \(counts.dropped) lost in the kernel's buffer, "
                    + "\(counts.droppedByInterface) lost by the interface")
        }
    }
}

/// Whether SIGINT or SIGTERM has come, or SIGUSR1, which asks how many packets there were.
final class CaptureSignals {
    private static let stop = Atomic<Bool>(false)
    private static let question = Atomic<Bool>(false)

    init() {
        // What a handler uses must be there before it runs.
        Self.stop.store(false, ordering: .relaxed)
        Self.question.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                CaptureSignals.stop.store(true, ordering: .relaxed)
                // The second one ends the program as it is.
                signal(number, SIG_DFL)
            }
        }
        // Whoever started the program may have blocked them.
        var ours = sigset_t()
        sigemptyset(&ours)
        for number in [SIGINT, SIGTERM, SIGUSR1] { sigaddset(&ours, number) }
        sigprocmask(SIG_UNBLOCK, &ours, nil)
        signal(SIGUSR1) { _ in CaptureSignals.question.store(true, ordering: .relaxed) }
    }

    var mustStop: Bool { Self.stop.load(ordering: .relaxed) }

    /// Whether it was asked since this was last called.
    func takeQuestion() -> Bool { Self.question.exchange(false, ordering: .relaxed) }
}
