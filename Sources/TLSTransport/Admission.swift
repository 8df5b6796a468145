import NIOCore

/// Who may come in, before it is known who it is: by the address alone.
final class Admission: Sendable {
    let connections: PlaceQuota
    let handshakes: PlaceQuota
    private let known: KnownNetworks

    init(_ settings: TLSListenerSettings) {
        let part = min(max(settings.strangerPercent, 1), 100)
        func limits(_ total: Int, _ perNetwork: Int) -> PlaceQuota.Limits {
            PlaceQuota.Limits(
                total: total, perNetwork: perNetwork, strangers: max(1, Int(Double(total) * Double(part) / 100)))
        }
        connections = PlaceQuota(limits(settings.maximumConnections, settings.connectionsPerAddress))
        handshakes = PlaceQuota(limits(settings.handshakes, settings.handshakesPerAddress))
        known = KnownNetworks(limit: settings.knownAddresses, lifetime: settings.knownLifetime)
    }

    /// - Returns: what the connection holds while it lives; `nil` if it is to be closed at once.
    func admit(_ address: SocketAddress?) -> Ticket? {
        let network = address.flatMap(ClientNetwork.init)
        let isKnown = network.map { known.contains($0) } ?? true
        guard let place = connections.take(for: network, isKnown: isKnown) else { return nil }
        guard let handshake = handshakes.take(for: network, isKnown: isKnown) else {
            place.release()
            return nil
        }
        return Ticket(self, network, isKnown: isKnown, place, handshake)
    }

    /// The places of one connection.
    final class Ticket: Sendable {
        /// Whether somebody was authenticated from that address lately.
        let isKnown: Bool
        private let admission: Admission
        private let network: ClientNetwork?
        private let connection: PlaceQuota.Place
        private let handshake: PlaceQuota.Place

        fileprivate init(
            _ admission: Admission, _ network: ClientNetwork?, isKnown: Bool, _ connection: PlaceQuota.Place,
            _ handshake: PlaceQuota.Place
        ) {
            self.admission = admission
            self.network = network
            self.isKnown = isKnown
            self.connection = connection
            self.handshake = handshake
        }

        /// The handshake is done: the peer has proved who it is.
        func authenticated() {
            if let network { admission.known.note(network) }
            connection.acquaint()
            handshake.release()
        }

        /// A peer that had proved who it is goes.
        func left() {
            if let network { admission.known.note(network) }
        }

        /// The socket is closed.
        func release() {
            handshake.release()
            connection.release()
        }
    }
}
