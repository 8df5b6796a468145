import COpenSSL
import NIOCore

/// One `SSL` between two buffers of ciphertext. It does no I/O and never waits: when it lacks input, it says so.
///
/// `@unchecked Sendable`: it is used by one thread at a time. A connection hands it to a handshake thread and does not
/// touch it until that thread hands it back through the event loop.
final class TLSSession: @unchecked Sendable {
    /// Ciphertext from the peer that libssl has not taken yet.
    var input = ByteBuffer()
    /// Ciphertext for the peer.
    var output = ByteBuffer()
    /// What was learnt of a failure before libssl reported it: the check of the certificate, alerts in both directions.
    private(set) var evidence = TLSEvidence()

    let context: TLSContext
    private let ssl: OpaquePointer

    enum Step {
        /// More ciphertext is needed.
        case needsInput
        case done
        case failed
    }

    enum ReadResult: Hashable {
        case bytes(Int)
        case needsInput
        /// The peer's close_notify arrived: nothing follows.
        case closed
        case failed
    }

    /// - Parameter serverName: for a client, whom the certificate must name.
    /// - Throws: ``TLSConfigurationError/outOfMemory``, ``TLSConfigurationError/badServerName(_:)``.
    init(context: TLSContext, serverName: ServerName? = nil) throws(TLSConfigurationError) {
        guard let ssl = SSL_new(context.pointer) else { throw .outOfMemory }
        self.context = context
        self.ssl = ssl
        guard let bio = CiphertextBIO.make(for: self) else { throw .outOfMemory }
        SSL_set_bio(ssl, bio, bio)
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        switch context.role {
        case .server: SSL_set_accept_state(ssl)
        case .client:
            SSL_set_connect_state(ssl)
            if let serverName { try serverName.require(of: ssl) }
        }
    }

    deinit {
        SSL_free(ssl)
    }

    /// Goes on with the handshake as far as the input allows.
    func handshake() -> Step {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 { return .done }
        if SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ { return .needsInput }
        noteErrors()
        return .failed
    }

    /// Decrypts at most one record into the free room of `buffer`, which must be at least 16 KiB.
    func read(into buffer: inout ByteBuffer) -> ReadResult {
        ERR_clear_error()
        var result = ReadResult.needsInput
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.largestPlaintext) { target in
            var count = 0
            let status = SSL_read_ex(ssl, target.baseAddress, target.count, &count)
            if status == 1 {
                result = .bytes(count)
                return count
            }
            switch SSL_get_error(ssl, status) {
            case SSL_ERROR_WANT_READ: result = .needsInput
            case SSL_ERROR_ZERO_RETURN: result = .closed
            default: result = .failed
            }
            return 0
        }
        if result == .failed { noteErrors() }
        return result
    }

    /// Encrypts the readable bytes of `plaintext` into ``output``, in records of up to 16 KiB.
    /// - Returns: how many bytes were taken, `nil` if the session is broken.
    func write(_ plaintext: ByteBuffer) -> Int? {
        ERR_clear_error()
        var count = 0
        let status = plaintext.withUnsafeReadableBytes { SSL_write_ex(ssl, $0.baseAddress, $0.count, &count) }
        guard status == 1 else {
            noteErrors()
            return nil
        }
        return count
    }

    /// Puts our close_notify into ``output``.
    func closeNotify() {
        ERR_clear_error()
        _ = SSL_shutdown(ssl)
        ERR_clear_error()
    }

    /// The peer's certificate, once the handshake is done.
    var peerCertificate: Certificate? {
        guard let x509 = SSL_get1_peer_certificate(ssl) else { return nil }
        return Certificate(owning: x509, chain: SSL_get_peer_cert_chain(ssl).flatMap { X509_chain_up_ref($0) })
    }

    /// What was agreed: cipher suite and group, in libssl's names.
    var parameters: TLSParameters {
        TLSParameters(
            cipherSuite: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? "",
            group: conclave_SSL_group_name(ssl).map { String(cString: $0) } ?? "")
    }

    /// The plaintext of one full record (RFC 8446 §5.1).
    static let largestPlaintext = 16_384

    private func noteErrors() {
        evidence.reason = TLSLibraryError.takeFirst()
        ERR_clear_error()
    }

    func noteAlert(_ code: UInt8, sent: Bool) {
        if sent {
            evidence.sentAlert = evidence.sentAlert ?? code
        } else {
            evidence.receivedAlert = evidence.receivedAlert ?? code
        }
    }

    func note(_ failure: VerificationFailure) {
        evidence.verification = failure
    }

    func noteMissingProtocol() {
        evidence.lacksProtocol = true
    }

    /// The session that an `SSL` belongs to.
    static func of(_ ssl: OpaquePointer?) -> TLSSession? {
        guard let ssl, let data = SSL_get_ex_data(ssl, 0) else { return nil }
        return Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
    }
}
