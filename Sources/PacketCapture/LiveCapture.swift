import CPcap
import Glibc
public import TLSMonitor

/// Packets as they pass on an interface.
public final class LiveCapture {
    public let interface: String
    /// The number of the interface's link type.
    public let link: UInt32
    /// Whether times come in nanoseconds, and not in microseconds.
    public let hasNanoseconds: Bool
    /// What is not as it was asked for, though it captures.
    public let warning: String?
    /// To wait for packets on.
    public let descriptor: Int32
    private let handle: OpaquePointer
    private let linkType: LinkType
    private var number = 0

    /// Opens the interface and begins to capture.
    /// - Parameter filter: in libpcap's language; empty for everything.
    /// - Throws: ``CaptureError``.
    public convenience init(interface: String, filter: String) throws(CaptureError) {
        try self.init(interface: interface, CaptureOptions(interfaces: [interface], filter: filter))
    }

    /// - Throws: ``CaptureError``.
    public init(interface: String, _ options: CaptureOptions) throws(CaptureError) {
        var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = pcap_create(interface, &reason) else { throw .failed(Self.text(reason)) }
        var isReady = false
        defer { if !isReady { pcap_close(handle) } }
        pcap_set_snaplen(handle, Int32(clamping: options.snapshotLength))
        pcap_set_buffer_size(handle, Int32(clamping: options.bufferMiB << 20))
        // On all interfaces at once there is no such mode.
        pcap_set_promisc(handle, options.isPromiscuous && interface != "any" ? 1 : 0)
        // Not immediate mode, which would shrink the buffer to a thousand packets.
        pcap_set_timeout(handle, 20)
        pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
        let status = pcap_activate(handle)
        guard status >= 0 else { throw Self.error(status, interface, handle) }
        warning = status == 0 ? nil : Self.warning(status, interface, handle)
        if !options.filter.isEmpty { try Self.filter(handle, options.filter) }
        guard pcap_setnonblock(handle, 1, &reason) == 0 else { throw .failed(Self.text(reason)) }
        isReady = true
        self.interface = interface
        self.handle = handle
        hasNanoseconds = pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO
        link = UInt32(clamping: pcap_datalink(handle))
        linkType = LinkType(number: link)
        descriptor = pcap_get_selectable_fd(handle)
    }

    deinit {
        pcap_close(handle)
    }

    private static func filter(_ handle: OpaquePointer, _ text: String) throws(CaptureError) {
        var program = bpf_program()
        guard pcap_compile(handle, &program, text, 1, bpf_u_int32(PCAP_NETMASK_UNKNOWN)) == 0 else {
            throw .badFilter(text, reason: String(cString: pcap_geterr(handle)))
        }
        defer { pcap_freecode(&program) }
        guard pcap_setfilter(handle, &program) == 0 else { throw .failed(String(cString: pcap_geterr(handle))) }
    }

    private static func error(_ status: Int32, _ interface: String, _ handle: OpaquePointer) -> CaptureError {
        switch status {
        case PCAP_ERROR_NO_SUCH_DEVICE: return .noSuchInterface(interface)
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED: return .notPermitted(interface: interface)
        case PCAP_ERROR_IFACE_NOT_UP:
            return .failed("\(interface) is down; bring it up first: sudo ip link set \(interface) up")
        default:
            let detail = String(cString: pcap_geterr(handle))
            return .failed(
                "\(interface): \(String(cString: pcap_statustostr(status)))" + (detail.isEmpty ? "" : ": \(detail)"))
        }
    }

    private static func warning(_ status: Int32, _ interface: String, _ handle: OpaquePointer) -> String {
        if status == PCAP_WARNING_PROMISC_NOTSUP {
            return "\(interface) has no promiscuous mode: only this machine's own packets are captured"
        }
        let detail = String(cString: pcap_geterr(handle))
        return "\(interface): " + (detail.isEmpty ? String(cString: pcap_statustostr(status)) : detail)
    }

    /// Waits for packets, and hands those that are there to `body`.
    /// - Parameter limit: packets at once.
    /// - Throws: ``CaptureError/failed(_:)`` when the interface is gone.
    public func wait(
        milliseconds: Int32, limit: Int = .max, _ body: (CapturedPacket, UnsafeRawBufferPointer) -> Void
    ) throws(CaptureError) {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&waiting, 1, milliseconds)
        _ = try take(limit: limit) { packet, bytes in
            number += 1
            var packet = packet
            packet.number = number
            body(packet, bytes)
        }
    }

    /// Hands the packets that are there to `body`; their numbers are 0.
    /// - Returns: how many there were.
    /// - Throws: ``CaptureError/failed(_:)`` when the interface is gone.
    func take(
        limit: Int, _ body: (CapturedPacket, UnsafeRawBufferPointer) -> Void
    ) throws(CaptureError) -> Int {
        let unit: Int64 = hasNanoseconds ? 1 : 1_000
        var count = 0
        while count < limit {
            var header: UnsafeMutablePointer<pcap_pkthdr>?
            var data: UnsafePointer<UInt8>?
            let status = pcap_next_ex(handle, &header, &data)
            if status == 0 { break }
            guard status == 1, let header = header?.pointee else {
                throw .failed("\(interface): \(String(cString: pcap_geterr(handle)))")
            }
            count += 1
            let time = Int64(header.ts.tv_sec) &* 1_000_000_000 &+ Int64(header.ts.tv_usec) &* unit
            body(
                CapturedPacket(number: 0, time: time, link: linkType, originalLength: Int(header.len)),
                UnsafeRawBufferPointer(start: data, count: Int(header.caplen)))
        }
        return count
    }

    /// Since capturing began; `nil` if nobody knows.
    public var statistics: InterfaceStatistics? {
        var counts = pcap_stat()
        guard pcap_stats(handle, &counts) == 0 else { return nil }
        return InterfaceStatistics(
            interface: interface, received: Int(counts.ps_recv), dropped: Int(counts.ps_drop),
            droppedByInterface: Int(counts.ps_ifdrop))
    }

    /// Packets that were lost so far, in the buffer and at the interface.
    public var drops: Int { statistics?.lost ?? 0 }

    static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
