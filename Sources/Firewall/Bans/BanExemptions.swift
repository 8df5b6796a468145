/// Whom no report gets banned.
package struct BanExemptions: Hashable, Sendable {
    package var whitelist: [ListEntry]
    /// Addresses of this machine.
    package var own: [IPAddress]
    package var gateways: [IPAddress]
    package var nameServers: [IPAddress]

    package init(
        whitelist: [ListEntry] = [], own: [IPAddress] = [], gateways: [IPAddress] = [], nameServers: [IPAddress] = []
    ) {
        self.whitelist = whitelist
        self.own = own
        self.gateways = gateways
        self.nameServers = nameServers
    }

    package init(whitelist: [ListEntry], facts: HostFacts) {
        self.init(
            whitelist: whitelist, own: facts.ownAddresses + (facts.ssh.map { [$0.server] } ?? []),
            gateways: facts.gateways, nameServers: facts.dnsServers)
    }

    /// Why this address cannot be banned, if so. As IPv6 is banned by 64 bits, whoever shares these with this machine, its gateway or its name server is exempt as well.
    /// - Parameter wall: milliseconds since 1970, for entries that end.
    package func refusal(of address: IPAddress, wall: Int64) -> BanRefusal? {
        if Self.isNoHost(address) { return .notAHost(address) }
        let entry = whitelist.first { entry in
            entry.prefix.contains(address) && entry.until.map { $0 > wall / 1_000 } ?? true
        }
        if let entry { return .whitelisted(address, entry.prefix) }
        let target = BanTarget(address)
        if own.contains(where: { BanTarget($0) == target }) { return .own(address) }
        if gateways.contains(where: { BanTarget($0) == target }) { return .gateway(address) }
        if nameServers.contains(where: { BanTarget($0) == target }) { return .nameServer(address) }
        return nil
    }

    /// Whether a ban of this target would go against one of these.
    func covers(_ target: BanTarget, wall: Int64) -> Bool {
        let isListed = whitelist.contains { entry in
            entry.prefix.contains(target.prefix) && entry.until.map { $0 > wall / 1_000 } ?? true
        }
        return isListed || (own + gateways + nameServers).contains { BanTarget($0) == target }
    }

    private static func isNoHost(_ address: IPAddress) -> Bool {
        switch address.family {
        case .ipv4:
            let first = UInt8(truncatingIfNeeded: address.value >> 24)
            return first == 0 || first == 127 || first >= 224
        case .ipv6:
            let first = UInt16(truncatingIfNeeded: address.value >> 112)
            return address.value <= 1 || first >= 0xFF00 || first & 0xFFC0 == 0xFE80
        }
    }
}
