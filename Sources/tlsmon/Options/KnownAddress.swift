import ArgumentParser
import Glibc
import TLSMonitor

/// An IPv4 or IPv6 address on the command line.
struct KnownAddress: ExpressibleByArgument {
    var address: IPAddress

    init?(argument: String) {
        var (four, six) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, argument, &four) == 1 {
            address = IPAddress(v4: UInt32(bigEndian: four.s_addr))
        } else if inet_pton(AF_INET6, argument, &six) == 1 {
            address = withUnsafeBytes(of: six) { bytes in
                IPAddress(
                    high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
            }
        } else {
            return nil
        }
    }
}
