import COpenSSL
import Foundation
import Glibc

/// The clients' side of TLS: one context, and the certificates between which connections are spread.
final class ClientTLS {
    private let context: OpaquePointer
    private var identities: [Identity] = []
    private let host: String

    private struct Identity {
        var name: String
        var certificate: OpaquePointer
        var key: OpaquePointer
    }

    /// - Parameters:
    ///   - folder: as scripts/certs makes it: `ca.pem`, and `USER/DEVICE.pem` with `.key` for every client.
    ///   - lean: keep little memory per connection instead of reading much at once.
    init(folder: String, host: String, applicationProtocol: String?, lean: Bool) throws {
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw LoadError.setup("libssl: \(LoadError.takeLibraryWords())")
        }
        self.context = context
        self.host = host
        guard SSL_CTX_load_verify_locations(context, "\(folder)/ca.pem", nil) == 1 else {
            throw LoadError.setup(
                "cannot read \(folder)/ca.pem (\(LoadError.takeLibraryWords())); make the folder with scripts/certs, "
                    + "or name another with --certs")
        }
        guard conclave_SSL_CTX_set_protocol(context, TLS1_3_VERSION) == 1,
            SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1,
            conclave_SSL_CTX_set1_groups_list(context, "X25519") == 1
        else { throw LoadError.setup("libssl: \(LoadError.takeLibraryWords())") }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        setModes(lean: lean)
        if let applicationProtocol {
            let name = Array(applicationProtocol.utf8)
            SSL_CTX_set_alpn_protos(context, [UInt8(name.count)] + name, UInt32(name.count + 1))
        }
        identities = try Self.loadIdentities(in: folder)
    }

    deinit {
        for identity in identities {
            X509_free(identity.certificate)
            EVP_PKEY_free(identity.key)
        }
        SSL_CTX_free(context)
    }

    var identityCount: Int { identities.count }
    /// `USER/DEVICE` of every certificate, in their order.
    var names: [String] { identities.map(\.name) }

    private func setModes(lean: Bool) {
        let modes = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
        SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(modes | (lean ? SSL_MODE_RELEASE_BUFFERS : 0)), nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        // Many records a system call: what the generator saves does not disturb the server.
        SSL_CTX_ctrl(context, SSL_CTRL_SET_READ_AHEAD, 1, nil)
        if !lean { SSL_CTX_set_default_read_buffer_len(context, 65_536) }
    }

    /// A client's end of a connection over `socket`; the certificate is the one at `index`, round and round.
    func connect(_ socket: Int32, as index: Int) throws -> OpaquePointer {
        let identity = identities[index % identities.count]
        guard let ssl = SSL_new(context), SSL_set_fd(ssl, socket) == 1,
            SSL_use_certificate(ssl, identity.certificate) == 1, SSL_use_PrivateKey(ssl, identity.key) == 1,
            conclave_SSL_set_tlsext_host_name(ssl, host) == 1, SSL_set1_host(ssl, host) == 1
        else {
            throw LoadError.setup("the certificate of \(identity.name) is of no use: \(LoadError.takeLibraryWords())")
        }
        SSL_set_connect_state(ssl)
        return ssl
    }

    private static func loadIdentities(in folder: String) throws -> [Identity] {
        let files = FileManager.default
        let users = (try? files.contentsOfDirectory(atPath: folder)) ?? []
        var identities: [Identity] = []
        for user in users.sorted() {
            let devices = (try? files.contentsOfDirectory(atPath: "\(folder)/\(user)")) ?? []
            for file in devices.sorted() where file.hasSuffix(".pem") {
                let base = "\(folder)/\(user)/\(file.dropLast(4))"
                guard files.fileExists(atPath: base + ".key") else { continue }
                identities.append(try load(base, name: "\(user)/\(file.dropLast(4))"))
            }
        }
        guard !identities.isEmpty else {
            throw LoadError.setup(
                "there is no client certificate in \(folder); make one with scripts/certs --dir \(folder) client NAME")
        }
        return identities
    }

    private static func load(_ base: String, name: String) throws -> Identity {
        func file<Value>(_ path: String, _ read: (OpaquePointer) -> Value?) throws -> Value {
            guard let bio = BIO_new_file(path, "r") else {
                throw LoadError.setup("cannot read \(path): \(LoadError.takeLibraryWords())")
            }
            defer { BIO_free(bio) }
            guard let value = read(bio) else {
                throw LoadError.setup("\(path) is not what it should be: \(LoadError.takeLibraryWords())")
            }
            return value
        }
        let certificate = try file(base + ".pem") { PEM_read_bio_X509($0, nil, nil, nil) }
        return Identity(
            name: name, certificate: certificate,
            key: try file(base + ".key") { PEM_read_bio_PrivateKey($0, nil, nil, nil) })
    }
}
