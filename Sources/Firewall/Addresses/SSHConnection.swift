/// The connection over which somebody is logged in: what `SSH_CONNECTION` says (sshd(8)).
package struct SSHConnection: Hashable, Sendable, CustomStringConvertible {
    package var client: IPAddress
    package var clientPort: UInt16
    package var server: IPAddress
    package var serverPort: UInt16

    package init(client: IPAddress, clientPort: UInt16, server: IPAddress, serverPort: UInt16) {
        self.client = client
        self.clientPort = clientPort
        self.server = server
        self.serverPort = serverPort
    }

    /// `192.0.2.7 51234 192.0.2.1 22`; an address may have a zone, `fe80::1%eth0`, which is left out. `nil` for anything else.
    package init?(_ text: String) {
        guard text.utf8.count <= 160 else { return nil }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 4, let client = Self.address(parts[0]), let clientPort = UInt16(parts[1]),
            let server = Self.address(parts[2]), let serverPort = UInt16(parts[3])
        else { return nil }
        self.init(client: client, clientPort: clientPort, server: server, serverPort: serverPort)
    }

    package var description: String { "\(client) \(clientPort) \(server) \(serverPort)" }

    private static func address(_ text: Substring) -> IPAddress? { IPAddress(text.prefix { $0 != "%" }) }
}
