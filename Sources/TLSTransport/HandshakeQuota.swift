import NIOCore
import Synchronization

/// How many handshakes each address has under way: whoever only connects and waits must not take all places.
///
/// An IPv6 address stands for its /64, which is what one network is given.
final class HandshakeQuota: Sendable {
    private let limit: Int
    private let counts = Mutex<[Network: Int]>([:])

    init(limit: Int) {
        self.limit = limit
    }

    enum Network: Hashable {
        case ipv4(UInt32)
        case ipv6(UInt64)

        init?(_ address: SocketAddress) {
            switch address {
            case .v4(let address): self = .ipv4(UInt32(bigEndian: address.address.sin_addr.s_addr))
            case .v6(let address):
                let (high, low) = withUnsafeBytes(of: address.address.sin6_addr) { bytes in
                    (
                        UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                    )
                }
                // A socket for both families shows an IPv4 peer as ::ffff:a.b.c.d.
                let isMapped = high == 0 && low >> 32 == 0xFFFF
                self = isMapped ? .ipv4(UInt32(truncatingIfNeeded: low)) : .ipv6(high)
            case .unixDomainSocket: return nil
            }
        }
    }

    /// - Returns: a place, to be released when the handshake is over; `nil` if the address has as many as it may.
    func take(for address: SocketAddress?) -> Place? {
        guard let network = address.flatMap(Network.init) else { return Place(quota: self, network: nil) }
        let isFree = counts.withLock { counts in
            guard counts[network, default: 0] < limit else { return false }
            counts[network, default: 0] += 1
            return true
        }
        return isFree ? Place(quota: self, network: network) : nil
    }

    private func release(_ network: Network) {
        counts.withLock { counts in
            guard let count = counts[network] else { return }
            counts[network] = count > 1 ? count - 1 : nil
        }
    }

    /// Addresses with handshakes under way.
    var networkCount: Int { counts.withLock { $0.count } }

    /// One handshake that is under way.
    final class Place: Sendable {
        private let quota: HandshakeQuota
        private let network: Mutex<Network?>

        fileprivate init(quota: HandshakeQuota, network: Network?) {
            self.quota = quota
            self.network = Mutex(network)
        }

        /// The handshake is over; to say it again does nothing.
        func release() {
            let network = network.withLock { network in
                defer { network = nil }
                return network
            }
            if let network { quota.release(network) }
        }
    }
}
