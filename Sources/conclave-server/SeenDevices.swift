import Chat
import Synchronization
import TLSTransport

/// The latest certificate of every device that has been here: when certificates are reloaded, those who are away are judged too.
final class SeenDevices: Sendable {
    private let certificates: Mutex<[PeerIdentity: Certificate]>

    /// - Parameter stored: what earlier runs have seen, in DER, each with the rest of its chain.
    /// - Throws: ``CertificateRefusal`` for what is no certificate.
    init(_ stored: [(device: PeerIdentity, chain: [[UInt8]])]) throws {
        var certificates: [PeerIdentity: Certificate] = [:]
        for (device, chain) in stored { certificates[device] = try Certificate(decoding: chain) }
        self.certificates = Mutex(certificates)
    }

    /// - Returns: whether it is another one than before.
    func note(_ certificate: Certificate, of device: PeerIdentity) -> Bool {
        let former = certificates.withLock { $0.updateValue(certificate, forKey: device) }
        return former?.encoding != certificate.encoding
    }

    /// Forgets the devices whose certificate was revoked. One that has expired may be renewed, and its device stays in its rooms.
    /// - Returns: them, in order.
    func takeRevoked(by context: TLSContext) -> [PeerIdentity] {
        let all = certificates.withLock { $0 }
        let revoked = all.filter { context.verify($0.value)?.isRevocation == true }
        certificates.withLock { certificates in
            for (device, certificate) in revoked where certificates[device] === certificate {
                certificates[device] = nil
            }
        }
        return revoked.keys.sorted()
    }
}
