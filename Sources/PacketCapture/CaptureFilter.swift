import CPcap
public import TLSMonitor

/// A filter in libpcap's language, for packets from a file.
public final class CaptureFilter {
    private let text: String
    private var programs: [UInt32: UnsafeMutablePointer<bpf_program>] = [:]

    /// - Throws: ``CaptureError/badFilter(_:reason:)``.
    public init(_ text: String) throws(CaptureError) {
        self.text = text
        _ = try program(link: 1)
    }

    deinit {
        for program in programs.values {
            pcap_freecode(program)
            program.deallocate()
        }
    }

    /// Whether a packet passes. What cannot be filtered passes: it must not be hidden.
    public func passes(_ packet: CapturedPacket, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let program = try? program(link: packet.link.number) else { return true }
        var header = pcap_pkthdr()
        header.caplen = UInt32(clamping: bytes.count)
        header.len = UInt32(clamping: packet.originalLength)
        return pcap_offline_filter(program, &header, bytes.bindMemory(to: UInt8.self).baseAddress) != 0
    }

    private func program(link: UInt32) throws(CaptureError) -> UnsafeMutablePointer<bpf_program> {
        if let program = programs[link] { return program }
        guard let handle = pcap_open_dead(Int32(link), 262_144) else { throw .failed("out of memory") }
        defer { pcap_close(handle) }
        let program = UnsafeMutablePointer<bpf_program>.allocate(capacity: 1)
        guard pcap_compile(handle, program, text, 1, bpf_u_int32(PCAP_NETMASK_UNKNOWN)) == 0 else {
            program.deallocate()
            throw .badFilter(text, reason: String(cString: pcap_geterr(handle)))
        }
        programs[link] = program
        return program
    }
}
