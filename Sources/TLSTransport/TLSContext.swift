import COpenSSL
import Chat
import Glibc

/// The settings and trust of one side: an `SSL_CTX`, configured once and never changed after.
///
/// New certificates or revocations mean a new context: an old trust store never forgets an anchor.
/// `@unchecked Sendable`: libssl's reference counts and look-ups are thread-safe once configuration ends, which is in `init`.
package final class TLSContext: @unchecked Sendable {
    package let role: TLSRole
    /// The certificate that we show.
    package let certificate: Certificate
    /// The identity or name in it, for people.
    package let subject: String
    /// SHA-256 of our authority's certificate, in hexadecimal digits.
    package let authorityFingerprint: String
    /// When our certificate expires. Seconds since 1970.
    package var certificateExpiry: Int64 { certificate.facts.validity.upperBound }
    /// When the revocation list becomes stale; `nil` without one. Seconds since 1970.
    package let revocationListExpiry: Int64?
    /// Judges certificates that no connection has shown, by the same authorities and revocations.
    package let judge: CertificateJudge
    /// Our certificate and the authorities between it and the trusted one, in DER.
    package let certificateChain: [[UInt8]]
    let pointer: OpaquePointer
    private let keyLog: KeyLog?

    /// The application protocol that both sides must name (ALPN, RFC 7301).
    package static let applicationProtocol = "conclave/1"

    /// - Parameters:
    ///   - keyLogFile: where to append the session keys (`SSLKEYLOGFILE`): whoever has them reads everything. Only for a
    ///     demonstration or a test.
    ///   - now: seconds since 1970.
    package init(
        _ role: TLSRole, files: TLSFiles, insecureKeyLogFile: String? = nil, now: Int64
    ) throws(TLSConfigurationError) {
        guard let pointer = SSL_CTX_new(role == .server ? TLS_server_method() : TLS_client_method()) else {
            throw .outOfMemory
        }
        var isReady = false
        defer { if !isReady { SSL_CTX_free(pointer) } }
        let identity = try TLSCredentials(files, role: role, now: now)
        let trust = try TrustStore(files, role: role, now: now)
        try Self.restrict(pointer, strong: identity.isP384)
        try identity.install(in: pointer)
        try trust.install(in: pointer, role: role)
        try Self.requireApplicationProtocol(pointer, role: role)
        keyLog = try insecureKeyLogFile.map { (path) throws(TLSConfigurationError) in try KeyLog(path: path) }
        if let keyLog { keyLog.install(in: pointer) }
        SSL_CTX_set_info_callback(pointer, noteAlert)
        self.role = role
        self.pointer = pointer
        certificate = identity.certificate
        certificateChain = identity.encodedChain
        judge = CertificateJudge(trust)
        subject = identity.subject
        authorityFingerprint = trust.fingerprint
        revocationListExpiry = trust.revocationListExpiry
        isReady = true
    }

    deinit {
        SSL_CTX_free(pointer)
    }

    /// Judges the certificate of a peer that is already connected, by this context's authorities and revocations.
    package func verify(_ certificate: Certificate) -> VerificationFailure? {
        judge.verify(certificate, as: CertificatePolicy.Subject(peerOf: role))
    }

    /// TLS 1.3 alone, without resumption: a ticket would outlive a revocation.
    private static func restrict(_ pointer: OpaquePointer, strong: Bool) throws(TLSConfigurationError) {
        let aes128 = "TLS_AES_128_GCM_SHA256"
        let aes256 = "TLS_AES_256_GCM_SHA384"
        let suites = (strong ? [aes256, aes128] : [aes128, aes256]) + ["TLS_CHACHA20_POLY1305_SHA256"]
        guard conclave_SSL_CTX_set_protocol(pointer, TLS1_3_VERSION) == 1,
            SSL_CTX_set_ciphersuites(pointer, suites.joined(separator: ":")) == 1,
            conclave_SSL_CTX_set1_sigalgs_list(pointer, "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384") == 1
        else { throw .library(TLSLibraryError.takeFirst()?.description ?? "protocol, suites or signature algorithms") }
        // A hybrid of X25519 and ML-KEM where libssl has it (3.5).
        let groups = "X25519:P-256:P-384"
        guard
            conclave_SSL_CTX_set1_groups_list(pointer, "X25519MLKEM768:" + groups) == 1
                || conclave_SSL_CTX_set1_groups_list(pointer, groups) == 1
        else { throw .library("no usable key exchange group") }
        _ = TLSLibraryError.takeFirst()
        conclave_SSL_CTX_forbid_resumption(pointer)
        SSL_CTX_set_num_tickets(pointer, 0)
        SSL_CTX_set_max_early_data(pointer, 0)
        conclave_SSL_CTX_set_modes(pointer)
    }

    private static func requireApplicationProtocol(
        _ pointer: OpaquePointer, role: TLSRole
    ) throws(TLSConfigurationError) {
        switch role {
        case .server: SSL_CTX_set_alpn_select_cb(pointer, selectApplicationProtocol, nil)
        case .client:
            let name = Array(applicationProtocol.utf8)
            // Unlike its siblings, this function answers 0 for success.
            guard SSL_CTX_set_alpn_protos(pointer, [UInt8(name.count)] + name, UInt32(name.count + 1)) == 0 else {
                throw .outOfMemory
            }
        }
    }
}

/// The server takes our protocol and nothing else (RFC 7301 §3.2: otherwise `no_application_protocol`).
private func selectApplicationProtocol(
    _ ssl: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ length: UnsafeMutablePointer<UInt8>?,
    _ offered: UnsafePointer<UInt8>?, _ offeredLength: UInt32, _: UnsafeMutableRawPointer?
) -> Int32 {
    let offers = UnsafeBufferPointer(start: offered, count: Int(offeredLength))
    var start = 0
    while start < offers.count {
        let end = start + 1 + Int(offers[start])
        guard end <= offers.count else { break }
        if offers[(start + 1)..<end].elementsEqual(TLSContext.applicationProtocol.utf8) {
            chosen?.pointee = offered?.advanced(by: start + 1)
            length?.pointee = offers[start]
            return SSL_TLSEXT_ERR_OK
        }
        start = end
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}

/// libssl tells of every alert; the fatal ones are kept as evidence.
private func noteAlert(_ ssl: OpaquePointer?, _ place: Int32, _ value: Int32) {
    guard place & SSL_CB_ALERT != 0 else { return }
    let code = UInt8(truncatingIfNeeded: value)
    guard code != 0 else { return }  // close_notify
    TLSSession.of(ssl)?.noteAlert(code, sent: place & SSL_CB_WRITE != 0)
}
