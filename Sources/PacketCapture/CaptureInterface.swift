import CPcap

/// A network interface on which packets can be captured.
public struct CaptureInterface: Hashable, Sendable {
    public var name: String
    public var summary: String?
    public var isUp: Bool
    public var isLoopback: Bool

    /// All of them.
    /// - Throws: ``CaptureError/failed(_:)``.
    public static func all() throws(CaptureError) -> [CaptureInterface] {
        var first: UnsafeMutablePointer<pcap_if_t>?
        var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard pcap_findalldevs(&first, &reason) == 0 else { throw .failed(LiveCapture.text(reason)) }
        defer { pcap_freealldevs(first) }
        var interfaces: [CaptureInterface] = []
        var next = first
        while let interface = next?.pointee {
            interfaces.append(
                CaptureInterface(
                    name: String(cString: interface.name), summary: interface.description.map { String(cString: $0) },
                    isUp: interface.flags & UInt32(PCAP_IF_UP) != 0,
                    isLoopback: interface.flags & UInt32(PCAP_IF_LOOPBACK) != 0))
            next = interface.next
        }
        return interfaces
    }
}
