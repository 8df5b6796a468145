import Glibc
public import TLSMonitor

/// Writes packets to a file, pcap or pcapng with nanoseconds, or to a series of files.
public final class CaptureWriter {
    private let encoding: CaptureEncoding
    private let rotation: CaptureOptions.Rotation
    private let series: FileSeries?
    private var file: OutputFile
    /// When the file began; `nil` before its first packet.
    private var start: Int64?
    private var last: Int64 = 0
    private var written = 0
    /// What the interfaces had counted when the file began.
    private var before: [InterfaceStatistics] = []
    private var digests: [CaptureDigest] = []
    /// Why something could not be written; what came after that is in no file.
    public private(set) var failure: CaptureError?
    /// Packets that are in no file because of that.
    public private(set) var unwritten = 0

    /// Digests of finished files that are kept.
    private static let mostDigests = 1_024

    /// One pcap file.
    /// - Parameter link: the number of the link type.
    /// - Throws: ``CaptureError/cannotWrite(file:reason:)``.
    public convenience init(path: String, link: UInt32) throws(CaptureError) {
        var options = CaptureOptions(interfaces: [])
        options.file = path
        options.format = .pcap
        try self.init(path: path, options, interfaces: [CapturedInterface(name: "", link: link)])
    }

    /// Makes the file, readable by its owner only; or, to begin a series, its first one.
    /// - Throws: ``CaptureError/cannotWrite(file:reason:)``, and ``CaptureError/badSetting(_:)`` for a format that cannot hold it.
    public init(path: String, _ options: CaptureOptions, interfaces: [CapturedInterface]) throws(CaptureError) {
        let isOld = path.hasSuffix(".pcap") || path.hasSuffix(".cap")
        let format = options.format ?? (isOld ? .pcap : .pcapng)
        if format == .pcap, Set(interfaces.map(\.link)).count > 1 {
            throw .badSetting(
                "a pcap file holds one kind of link; name the file .pcapng to capture on these interfaces at once")
        }
        encoding = CaptureEncoding(
            format: format, interfaces: interfaces, snapshotLength: options.snapshotLength, filter: options.filter)
        rotation = options.rotation
        if rotation.isOn {
            let series = try FileSeries(path: path, most: rotation.files)
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            file = try series.next(time: Int64(now.tv_sec) * 1_000_000_000).file
            self.series = series
        } else {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw .cannotWrite(file: path, reason: String(cString: strerror(errno))) }
            Privileges.handOver(descriptor, to: options.user)
            file = OutputFile(path: path, descriptor: descriptor)
            series = nil
        }
        file.put(encoding.head())
    }

    /// The folder in which files will be made, if more than one.
    public var folder: String? { series?.folderPath }

    /// Whether the files can say that packets were lost.
    public var tellsDrops: Bool { encoding.format == .pcapng }

    /// Bytes in all files together.
    public var byteCount: Int { written + file.count }

    /// - Parameters:
    ///   - interface: its place among those that the file was made for.
    ///   - statistics: what the interfaces have counted, for the end of a file that is full.
    public func write(
        _ packet: CapturedPacket, _ bytes: UnsafeRawBufferPointer, interface: Int = 0,
        statistics: () -> [InterfaceStatistics] = { [] }
    ) {
        if failure == nil, isFull(at: packet.time) { rotate(packet.time, statistics()) }
        guard failure == nil else {
            unwritten += 1
            return
        }
        if start == nil { start = packet.time }
        last = packet.time
        encoding.put(packet, bytes, interface: interface, into: file)
        failure = file.failure
    }

    private func isFull(at time: Int64) -> Bool {
        guard rotation.isOn, let start else { return false }
        if let kilobytes = rotation.kilobytes, file.count >= kilobytes * 1_000 { return true }
        return rotation.seconds.map { Double(time - start) >= $0 * 1e9 } ?? false
    }

    private func rotate(_ time: Int64, _ statistics: [InterfaceStatistics]) {
        guard let series else { return }
        do throws(CaptureError) {
            try close(statistics)
            let (next, removed) = try series.next(time: time)
            digests.removeAll { removed.contains($0.file) }
            file = next
            start = time
            file.put(encoding.head())
        } catch {
            failure = error
        }
    }

    private func close(_ statistics: [InterfaceStatistics]) throws(CaptureError) {
        let since = zip(statistics, before.isEmpty ? statistics.map { Self.none($0.interface) } : before)
            .map { now, then in
                InterfaceStatistics(
                    interface: now.interface, received: max(0, now.received - then.received),
                    dropped: max(0, now.dropped - then.dropped),
                    droppedByInterface: max(0, now.droppedByInterface - then.droppedByInterface))
            }
        if !statistics.isEmpty { before = statistics }
        file.put(encoding.tail(since, time: last))
        written += file.count
        digests.append(CaptureDigest(file: file.path, sha256: try file.finish()))
        if digests.count > Self.mostDigests { digests.removeFirst() }
    }

    private static func none(_ interface: String) -> InterfaceStatistics {
        InterfaceStatistics(interface: interface, received: 0, dropped: 0, droppedByInterface: 0)
    }

    /// Brings what was written so far to the file.
    public func flush() {
        file.flush()
        failure = failure ?? file.failure
    }

    /// Ends the last file.
    /// - Parameter statistics: what the interfaces have counted.
    /// - Returns: of each file that is there the SHA-256 of all that was written to it; at most the last thousand.
    /// - Throws: ``CaptureError/cannotWrite(file:reason:)`` if any of it failed, a full disk for one.
    public func finishAll(_ statistics: [InterfaceStatistics] = []) throws(CaptureError) -> [CaptureDigest] {
        if let failure { throw failure }
        try close(statistics)
        return digests
    }

    /// Ends the only file.
    /// - Returns: its SHA-256, in hexadecimal digits.
    /// - Throws: ``CaptureError/cannotWrite(file:reason:)``.
    public func finish() throws(CaptureError) -> String { try finishAll().last?.sha256 ?? "" }
}
