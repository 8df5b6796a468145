/// What a handshake agreed on, in libssl's names: `TLS_AES_128_GCM_SHA256`, `X25519`.
package struct TLSParameters: Hashable, Sendable {
    package var cipherSuite: String
    package var group: String
}
