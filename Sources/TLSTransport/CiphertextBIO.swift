import COpenSSL
import NIOCore

/// The BIO through which libssl reads and writes a ``TLSSession``'s buffers: what arrives is taken straight from the
/// buffer that the socket filled, and what leaves is written straight into the one that the socket will send.
enum CiphertextBIO {
    /// One method table for the process; libssl only reads it after this.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "conclave ciphertext") else {
            return nil
        }
        BIO_meth_set_read(method, readCiphertext)
        BIO_meth_set_write(method, writeCiphertext)
        BIO_meth_set_ctrl(method, controlCiphertext)
        return method
    }()

    /// A BIO of `session`, which must outlive it; `nil` if there is no memory.
    static func make(for session: TLSSession) -> OpaquePointer? {
        guard let method, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(session).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    fileprivate static func session(of bio: OpaquePointer?) -> TLSSession? {
        guard let data = BIO_get_data(bio) else { return nil }
        return Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
    }
}

private func readCiphertext(_ bio: OpaquePointer?, _ target: UnsafeMutablePointer<CChar>?, _ count: Int32) -> Int32 {
    conclave_BIO_clear_retry(bio)
    guard let session = CiphertextBIO.session(of: bio), let target, count > 0 else { return -1 }
    let taken = session.input.readWithUnsafeReadableBytes { source in
        let length = min(source.count, Int(count))
        if let from = source.baseAddress {
            UnsafeMutableRawPointer(target).copyMemory(from: from, byteCount: length)
        }
        return length
    }
    if taken == 0 {
        conclave_BIO_set_retry_read(bio)
        return -1
    }
    return Int32(taken)
}

private func writeCiphertext(_ bio: OpaquePointer?, _ source: UnsafePointer<CChar>?, _ count: Int32) -> Int32 {
    conclave_BIO_clear_retry(bio)
    guard let session = CiphertextBIO.session(of: bio), let source, count > 0 else { return -1 }
    session.output.writeBytes(UnsafeRawBufferPointer(start: source, count: Int(count)))
    return count
}

private func controlCiphertext(
    _ bio: OpaquePointer?, _ command: Int32, _ number: Int, _ pointer: UnsafeMutableRawPointer?
) -> Int {
    command == BIO_CTRL_FLUSH ? 1 : 0
}
