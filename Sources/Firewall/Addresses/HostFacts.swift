/// What the machine lives on at present: what no ban, feed or new policy may cut without being asked twice.
package struct HostFacts: Hashable, Sendable {
    /// A port on which an administrator comes in, whoever is connected at present.
    package struct Listener: Hashable, Sendable {
        /// For people: `sshd`, `the chat server`.
        package var name: String
        /// 6 (TCP) or 17 (UDP).
        package var transport: UInt8
        package var port: UInt16

        package init(name: String, transport: UInt8 = 6, port: UInt16) {
            self.name = name
            self.transport = transport
            self.port = port
        }
    }

    /// Of all cards, those of loopback included.
    package var ownAddresses: [IPAddress]
    /// Next hops of the default routes.
    package var gateways: [IPAddress]
    /// Those of `/etc/resolv.conf`; local ones included.
    package var dnsServers: [IPAddress]
    /// The far ends of established TCP connections.
    package var connectedPeers: [IPAddress]
    /// The session through which the administrator works.
    package var ssh: SSHConnection?
    package var listeners: [Listener]

    package init(
        ownAddresses: [IPAddress] = [], gateways: [IPAddress] = [], dnsServers: [IPAddress] = [],
        connectedPeers: [IPAddress] = [], ssh: SSHConnection? = nil, listeners: [Listener] = []
    ) {
        self.ownAddresses = ownAddresses
        self.gateways = gateways
        self.dnsServers = dnsServers
        self.connectedPeers = connectedPeers
        self.ssh = ssh
        self.listeners = listeners
    }
}
