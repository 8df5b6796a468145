/// A packet of which the kernel told, as far as its headers say.
package struct LoggedPacket: Hashable, Sendable {
    /// Why it was logged: the statement's prefix, `cfw:ban`, `cfw:rule 3`.
    package var prefix: String
    /// Milliseconds since 1970.
    package var time: Int64
    package var source: IPAddress?
    package var destination: IPAddress?
    /// 6, 17, 1, 58, …
    package var transport: UInt8
    /// TCP's and UDP's; of ICMP none.
    package var sourcePort: UInt16?
    package var destinationPort: UInt16?
    /// The flags of TCP's 14th byte; 0 for others.
    package var flags: UInt8
    /// Bytes of the whole packet, as its header says.
    package var length: Int
    /// The card's index through which it came, or goes; 0: none.
    package var inputInterface: UInt32
    package var outputInterface: UInt32

    package init(
        prefix: String, time: Int64, source: IPAddress? = nil, destination: IPAddress? = nil, transport: UInt8 = 0,
        sourcePort: UInt16? = nil, destinationPort: UInt16? = nil, flags: UInt8 = 0, length: Int = 0,
        inputInterface: UInt32 = 0, outputInterface: UInt32 = 0
    ) {
        self.prefix = prefix
        self.time = time
        self.source = source
        self.destination = destination
        self.transport = transport
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.flags = flags
        self.length = length
        self.inputInterface = inputInterface
        self.outputInterface = outputInterface
    }
}
