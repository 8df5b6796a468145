package import Chat

/// Where the certificates of one side lie, in the folder that `scripts/certs` makes.
package struct TLSFiles: Hashable, Sendable {
    /// Certificates of the authorities that the peer's chain must end in.
    package var authority: String
    /// The authority's revocation list. A server must have it; a client uses it if it is there.
    package var revocationList: String
    package var certificate: String
    package var key: String

    /// `ca.pem`, `crl.pem`, `server.pem`, `server.key`.
    package static func server(in folder: String) -> TLSFiles {
        TLSFiles(folder: folder, leaf: "server")
    }

    /// `ca.pem`, `crl.pem`, `USER/DEVICE.pem`, `USER/DEVICE.key`.
    package static func client(_ identity: PeerIdentity, in folder: String) -> TLSFiles {
        TLSFiles(folder: folder, leaf: identity.description)
    }

    private init(folder: String, leaf: String) {
        authority = folder + "/ca.pem"
        revocationList = folder + "/crl.pem"
        certificate = "\(folder)/\(leaf).pem"
        key = "\(folder)/\(leaf).key"
    }
}

/// Which end of a connection we are.
package enum TLSRole: Hashable, Sendable {
    case server
    case client
}
