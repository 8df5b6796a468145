import Glibc
public import TLSMonitor

/// Packets as they pass on several interfaces, numbered through.
public final class LiveCaptures {
    public let captures: [LiveCapture]
    /// Why interfaces have ended, in sentences.
    public private(set) var endings: [String] = []
    private var hasEnded: [Bool]
    private var waiting: [pollfd]
    private var number = 0
    private var first = 0
    /// What was last known of each.
    private var known: [InterfaceStatistics]

    /// Packets that one interface may hand out before the next has its turn.
    private static let turn = 1_024

    /// Opens all of them.
    /// - Throws: ``CaptureError``, if one cannot be opened.
    public init(_ options: CaptureOptions) throws(CaptureError) {
        try options.check()
        var captures: [LiveCapture] = []
        for interface in options.interfaces { captures.append(try LiveCapture(interface: interface, options)) }
        self.captures = captures
        hasEnded = captures.map { _ in false }
        waiting = captures.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        known = captures.map {
            InterfaceStatistics(interface: $0.interface, received: 0, dropped: 0, droppedByInterface: 0)
        }
    }

    /// Whether no interface is left to capture on.
    public var isOver: Bool { !hasEnded.contains(false) }

    /// Waits for packets, and hands those that are there to `body` with the place of their interface.
    ///
    /// An interface that is gone takes no further part; ``endings`` tells why.
    /// - Returns: how many packets there were.
    @discardableResult
    public func wait(
        milliseconds: Int32, limit: Int = .max, _ body: (Int, CapturedPacket, UnsafeRawBufferPointer) -> Void
    ) -> Int {
        poll(&waiting, nfds_t(waiting.count), milliseconds)
        var left = limit
        // Nobody is always first.
        first = (first + 1) % captures.count
        for step in captures.indices {
            let index = (first + step) % captures.count
            guard !hasEnded[index], left > 0 else { continue }
            do throws(CaptureError) {
                left -= try captures[index].take(limit: min(left, Self.turn)) { packet, bytes in
                    number += 1
                    var packet = packet
                    packet.number = number
                    body(index, packet, bytes)
                }
            } catch {
                hasEnded[index] = true
                // poll passes over negative ones.
                waiting[index].fd = -1
                let words = if case .failed(let reason) = error { reason } else { "\(error)" }
                endings.append("capturing ended before its time on \(words)")
            }
        }
        return limit - left
    }

    /// Of each interface, since capturing began.
    public var statistics: [InterfaceStatistics] {
        for (index, capture) in captures.enumerated() {
            // A device that is gone does not count any more.
            if let now = capture.statistics { known[index] = now }
        }
        return known
    }

    /// Packets that were lost on all of them.
    public var drops: Int { statistics.reduce(0) { $0 + $1.lost } }
}
