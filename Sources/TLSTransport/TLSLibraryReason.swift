import COpenSSL

/// A failure that libssl found by itself, told to a person.
struct TLSLibraryReason {
    private let error: TLSLibraryError?

    init(_ error: TLSLibraryError?) {
        self.error = error
    }

    private var code: Int32? { error?.library == ERR_LIB_SSL ? error?.reason : nil }

    /// What happened and what to do, for the side that plays `role`.
    func sentence(at role: TLSRole) -> String {
        let peer = role == .client ? "the server" : "the client"
        return switch code {
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            "\(peer) showed no certificate; give it one (conclave --as USER --certs FOLDER)"
        case SSL_R_NO_APPLICATION_PROTOCOL, SSL_R_BAD_EXTENSION:
            "\(peer) does not speak \(TLSContext.applicationProtocol); is it a Conclave program of this version?"
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_WRONG_SSL_VERSION, SSL_R_VERSION_TOO_LOW, SSL_R_UNKNOWN_PROTOCOL:
            "\(peer) does not speak TLS 1.3; update it"
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG,
            SSL_R_RECORD_LENGTH_MISMATCH, SSL_R_BAD_RECORD_TYPE:
            "\(peer) does not speak TLS; check the address and the port"
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SHARED_GROUPS, SSL_R_NO_SUITABLE_KEY_SHARE,
            SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
            SSL_R_NO_SUITABLE_GROUPS, SSL_R_WRONG_SIGNATURE_TYPE:
            "there are no TLS settings in common with \(peer); update the older of the two programs"
        case SSL_R_BAD_SIGNATURE:
            "what \(peer) signed does not verify: it does not have the key of its certificate, or something on the way "
                + "changes the data"
        case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, SSL_R_DIGEST_CHECK_FAILED,
            SSL_R_DATA_LENGTH_TOO_LONG, SSL_R_ENCRYPTED_LENGTH_TOO_LONG, SSL_R_BINDER_DOES_NOT_VERIFY:
            "what came from \(peer) does not verify: something on the way changes the data"
        case SSL_R_EXCESSIVE_MESSAGE_SIZE: "\(peer) sent too long a chain of certificates; one is enough"
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: "the connection to \(peer) broke off in the handshake; try again"
        default:
            "the TLS connection with \(peer) failed: \(error?.description ?? "no reason is known"); "
                + "is it a Conclave program?"
        }
    }

    /// What the peer did wrong; `nil` for a connection that broke off, and for what is our own fault.
    var offence: TLSOffence? {
        switch code {
        case nil, SSL_R_UNEXPECTED_EOF_WHILE_READING: nil
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: .noCertificate
        case SSL_R_BAD_SIGNATURE: .badCertificate
        default: .badHandshake
        }
    }

    /// Whether trying again can help by itself.
    var canRetry: Bool {
        switch code {
        case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, SSL_R_BAD_SIGNATURE, SSL_R_DIGEST_CHECK_FAILED,
            SSL_R_UNEXPECTED_EOF_WHILE_READING:
            true
        default: false
        }
    }
}
