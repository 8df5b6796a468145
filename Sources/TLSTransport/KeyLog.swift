import COpenSSL
import Glibc

/// A file that takes the keys of every session (the NSS key log format): with it, a recording can be decrypted.
final class KeyLog: Sendable {
    private let descriptor: Int32

    /// Opens `path` for appending, readable by its owner only.
    init(path: String) throws(TLSConfigurationError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .keyLog(file: path, reason: String(cString: strerror(errno))) }
    }

    deinit {
        close(descriptor)
    }

    /// The context must keep this object as long as it lives.
    func install(in context: OpaquePointer) {
        SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque())
        SSL_CTX_set_keylog_callback(context) { ssl, line in
            guard let line, let data = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0) else { return }
            Unmanaged<KeyLog>.fromOpaque(data).takeUnretainedValue().append(line)
        }
    }

    /// One `write` a line, so that lines of several threads do not mix.
    private func append(_ line: UnsafePointer<CChar>) {
        var bytes = Array(UnsafeRawBufferPointer(start: line, count: strlen(line)))
        bytes.append(UInt8(ascii: "\n"))
        _ = write(descriptor, bytes, bytes.count)
    }
}
