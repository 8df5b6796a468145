internal import Firewall

/// Reads `/proc/net/tcp` and `/proc/net/tcp6` (proc_net_tcp in the kernel's documentation). Lines that are cut off, or else wrong, are passed over.
enum ConnectionTable {
    enum State: UInt8 {
        // include/net/tcp_states.h.
        case established = 1
        case listening = 10
    }

    struct Row: Hashable {
        let local: IPAddress
        let localPort: UInt16
        let remote: IPAddress
        let remotePort: UInt16
        /// `nil`: another state.
        let state: State?
    }

    /// Rows at most.
    static let maximum = 65_536

    static func rows(_ text: Substring) -> [Row] {
        var rows: [Row] = []
        for line in text.split(separator: "\n").dropFirst() {
            guard rows.count < maximum else { break }
            let words = line.split(separator: " ", maxSplits: 4)
            guard words.count >= 4, let local = end(words[1]), let remote = end(words[2]), words[3].utf8.count == 2,
                let state = UInt8(words[3], radix: 16)
            else { continue }
            rows.append(
                Row(
                    local: local.address, localPort: local.port, remote: remote.address, remotePort: remote.port,
                    state: State(rawValue: state)))
        }
        return rows
    }

    /// `0100007F:0016`
    private static func end(_ text: Substring) -> (address: IPAddress, port: UInt16)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = HexadecimalAddress.ofMachine(parts[0]), parts[1].utf8.count == 4,
            let port = UInt16(parts[1], radix: 16)
        else { return nil }
        return (address, port)
    }
}

/// Reads `/proc/net/route` and `/proc/net/ipv6_route`.
enum RouteTable {
    // RTF_UP and RTF_GATEWAY of linux/route.h.
    private static let wanted: UInt32 = 3

    static func gateways4(_ text: Substring) -> [IPAddress] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            // Card, destination, gateway, flags, references, uses, metric, mask.
            guard words.count >= 8, words[1] == "00000000", words[7] == "00000000",
                let flags = UInt32(words[3], radix: 16), flags & wanted == wanted
            else { return nil }
            return HexadecimalAddress.ofMachine(words[2])
        }
    }

    static func gateways6(_ text: Substring) -> [IPAddress] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            // Destination, its bits, source, its bits, next hop, metric, references, uses, flags, card.
            guard words.count >= 10, words[0].allSatisfy({ $0 == "0" }), words[1] == "00",
                let flags = UInt32(words[8], radix: 16), flags & wanted == wanted,
                let gateway = HexadecimalAddress.ofNetwork(words[4]), gateway.value != 0
            else { return nil }
            return gateway
        }
    }
}

/// Reads resolv.conf(5).
enum ResolverFile {
    static func servers(_ text: Substring) -> [IPAddress] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            // A zone may follow: fe80::1%eth0.
            return IPAddress(words[1].prefix { $0 != "%" })
        }
    }
}

/// Addresses as the kernel's tables have them.
enum HexadecimalAddress {
    /// Of `route`, `tcp` and `tcp6`: one or four numbers of 32 bits, as they lie in this machine's memory.
    static func ofMachine(_ text: Substring) -> IPAddress? {
        guard let numbers = numbers(text) else { return nil }
        return address(numbers.map { UInt32(bigEndian: $0) })
    }

    /// Of `ipv6_route`: the bytes in their order.
    static func ofNetwork(_ text: Substring) -> IPAddress? { numbers(text).flatMap(address) }

    private static func numbers(_ text: Substring) -> [UInt32]? {
        let digits = Array(text.utf8)
        guard digits.count == 8 || digits.count == 32 else { return nil }
        var numbers: [UInt32] = []
        for start in stride(from: 0, to: digits.count, by: 8) {
            let word = String(decoding: digits[start..<start + 8], as: UTF8.self)
            guard !word.hasPrefix("+"), !word.hasPrefix("-"), let number = UInt32(word, radix: 16) else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    private static func address(_ numbers: [UInt32]) -> IPAddress? {
        switch numbers.count {
        case 1: IPAddress(ipv4: numbers[0])
        case 4: IPAddress(ipv6: numbers.reduce(UInt128(0)) { $0 << 32 | UInt128($1) })
        default: nil
        }
    }
}
