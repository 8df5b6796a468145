import CPcap
import Glibc
public import TLSMonitor

/// Packets as they pass on an interface.
public final class LiveCapture {
    public let interface: String
    /// The number of the interface's link type.
    public let link: UInt32
    private let handle: OpaquePointer
    private let descriptor: Int32
    private var number = 0

    /// The kernel's buffer: a burst of 100 MB fits through it.
    private static let bufferSize: Int32 = 16 << 20
    private static let snapshotLength: Int32 = 262_144

    /// Opens the interface and begins to capture.
    /// - Parameter filter: in libpcap's language; empty for everything.
    /// - Throws: ``CaptureError``.
    public init(interface: String, filter: String) throws(CaptureError) {
        var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = pcap_create(interface, &reason) else { throw .failed(Self.text(reason)) }
        var isReady = false
        defer { if !isReady { pcap_close(handle) } }
        pcap_set_snaplen(handle, Self.snapshotLength)
        pcap_set_buffer_size(handle, Self.bufferSize)
        // Not immediate mode, which would shrink the buffer to a thousand packets.
        pcap_set_timeout(handle, 20)
        // Above 0 are warnings.
        let status = pcap_activate(handle)
        switch status {
        case 0...: break
        case PCAP_ERROR_NO_SUCH_DEVICE: throw .noSuchInterface(interface)
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED: throw .notPermitted(interface: interface)
        default: throw .failed("\(String(cString: pcap_statustostr(status))): \(String(cString: pcap_geterr(handle)))")
        }
        if !filter.isEmpty {
            var program = bpf_program()
            guard pcap_compile(handle, &program, filter, 1, bpf_u_int32(PCAP_NETMASK_UNKNOWN)) == 0 else {
                throw .badFilter(filter, reason: String(cString: pcap_geterr(handle)))
            }
            defer { pcap_freecode(&program) }
            guard pcap_setfilter(handle, &program) == 0 else { throw .failed(String(cString: pcap_geterr(handle))) }
        }
        guard pcap_setnonblock(handle, 1, &reason) == 0 else { throw .failed(Self.text(reason)) }
        isReady = true
        self.interface = interface
        self.handle = handle
        link = UInt32(clamping: pcap_datalink(handle))
        descriptor = pcap_get_selectable_fd(handle)
    }

    deinit {
        pcap_close(handle)
    }

    /// Waits for packets, and hands those that are there to `body`.
    /// - Parameter limit: packets at once.
    /// - Throws: ``CaptureError/failed(_:)`` when the interface is gone.
    public func wait(
        milliseconds: Int32, limit: Int = .max, _ body: (CapturedPacket, UnsafeRawBufferPointer) -> Void
    ) throws(CaptureError) {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&waiting, 1, milliseconds)
        var left = limit
        while left > 0 {
            var header: UnsafeMutablePointer<pcap_pkthdr>?
            var data: UnsafePointer<UInt8>?
            let status = pcap_next_ex(handle, &header, &data)
            if status == 0 { return }
            guard status == 1, let header = header?.pointee else { throw .failed(String(cString: pcap_geterr(handle))) }
            number += 1
            left -= 1
            let packet = CapturedPacket(
                number: number, time: Int64(header.ts.tv_sec) * 1_000_000_000 + Int64(header.ts.tv_usec) * 1_000,
                link: LinkType(number: link), originalLength: Int(header.len))
            body(packet, UnsafeRawBufferPointer(start: data, count: Int(header.caplen)))
        }
    }

    /// Packets that were lost so far, in the buffer and at the interface.
    public var drops: Int {
        var statistics = pcap_stat()
        guard pcap_stats(handle, &statistics) == 0 else { return 0 }
        return Int(statistics.ps_drop) + Int(statistics.ps_ifdrop)
    }

    static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
