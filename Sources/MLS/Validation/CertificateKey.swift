import MLSWire
import SwiftASN1

extension SignatureScheme {
    /// The public key in a DER certificate, if it is one of this scheme (RFC 5280 §4.1).
    func key(certificate: [UInt8]) -> SignaturePublicKey? {
        guard let root = try? DER.parse(certificate), case .constructed(let parts) = root.content,
            let body = parts.first(where: { _ in true }), case .constructed(let fields) = body.content
        else { return nil }
        // The version in front has a context tag and may be missing; the key is the sixth field after it.
        let ordinary = fields.filter { $0.identifier.tagClass == .universal }
        guard let info = ordinary.dropFirst(5).first(where: { _ in true }) else { return nil }
        return key(subjectPublicKeyInfo: Array(info.encodedBytes))
    }
}
