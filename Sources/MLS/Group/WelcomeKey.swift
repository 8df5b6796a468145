package import Crypto

/// The key that a welcome's group info is encrypted with (RFC 9420 §12.4.3.1).
package struct WelcomeKey {
    package let key: SymmetricKey
    package let nonce: [UInt8]

    package init(_ suite: CipherSuite, _ welcomeSecret: SymmetricKey) {
        key = suite.expand(welcomeSecret, "key", length: suite.aead.keyLength)
        nonce = suite.expand(welcomeSecret, "nonce", length: suite.aead.nonceLength).bytes
    }
}
