import CLinux
import COpenSSL
import Glibc

/// A client's non-blocking connection.
final class ClientConnection {
    enum State: Comparable {
        case connecting
        case handshaking
        /// TLS is up on our side; the server's greeting has not come.
        case waiting
        case connected
        case joining
        case joined
        /// We said goodbye and wait for the server to close.
        case leaving
        case closed
    }

    enum Outcome {
        case ok
        /// The server ended the connection in good order.
        case ended
        case failed(String)
    }

    /// Its place among the generator's connections.
    let index: Int
    let born: UInt64
    var state = State.connecting
    private(set) var socket: Int32
    private let ssl: OpaquePointer
    private let epoll: Int32
    private var wantsWrite = true
    private var output: [UInt8] = []
    private var outputStart = 0
    /// A frame whose end has not arrived.
    var partial: [UInt8] = []
    /// It is in the generator's list of those with output.
    var isDirty = false

    init(index: Int, identity: Int, port: UInt16, tls: ClientTLS, epoll: Int32) throws {
        self.index = index
        self.epoll = epoll
        born = nanoseconds()
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw LoadError.system("no socket for connection \(index + 1)") }
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        do {
            ssl = try tls.connect(socket, as: identity)
            try Self.dial(socket, port)
        } catch {
            Glibc.close(socket)
            throw error
        }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue
        event.data.u64 = UInt64(index)
        epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event)
    }

    private static func dial(_ socket: Int32, _ port: UInt16) throws {
        guard connect(socket, to: port) == 0 || errno == EINPROGRESS else {
            throw LoadError.connection("cannot connect to 127.0.0.1:\(port): \(String(cString: strerror(errno)))")
        }
    }

    /// connect(2) to a port of this machine.
    static func connect(_ socket: Int32, to port: UInt16) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit {
        close()
        SSL_free(ssl)
    }

    func close() {
        guard socket >= 0 else { return }
        Glibc.close(socket)
        socket = -1
        state = .closed
    }

    // MARK: Handshake

    /// Whether the TCP connection is there.
    func checkConnected() -> Outcome {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length)
        return code == 0 ? .ok : .failed("cannot connect: \(String(cString: strerror(code)))")
    }

    /// - Returns: `nil` while the peer's answer is lacking.
    func handshake() -> Outcome? {
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            setWantsWrite(false)
            return .ok
        }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ:
            setWantsWrite(false)
            return nil
        case SSL_ERROR_WANT_WRITE:
            setWantsWrite(true)
            return nil
        default: return .failed("the handshake failed: \(reason())")
        }
    }

    private func reason() -> String {
        let verdict = SSL_get_verify_result(ssl)
        guard verdict == X509_V_OK, ERR_peek_error() != 0 else {
            let words =
                verdict == X509_V_OK
                ? "the connection was cut" : String(cString: X509_verify_cert_error_string(verdict))
            ERR_clear_error()
            return words
        }
        return LoadError.takeLibraryWords()
    }

    // MARK: Writing

    func queue(_ bytes: UnsafeRawBufferPointer) {
        output.append(contentsOf: bytes)
    }

    /// Writes what is queued, as far as the socket takes it.
    func flush() -> Outcome {
        while outputStart < output.count {
            let result = output.withUnsafeBytes { bytes in
                SSL_write(
                    ssl, bytes.baseAddress?.advanced(by: outputStart), Int32(min(bytes.count - outputStart, 16_384)))
            }
            if result > 0 {
                outputStart += Int(result)
                continue
            }
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_WRITE:
                setWantsWrite(true)
                return .ok
            case SSL_ERROR_WANT_READ: return .ok
            default: return .failed("writing failed: \(reason())")
            }
        }
        output.removeAll(keepingCapacity: true)
        outputStart = 0
        setWantsWrite(false)
        return .ok
    }

    private func setWantsWrite(_ wants: Bool) {
        guard wants != wantsWrite else { return }
        wantsWrite = wants
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | (wants ? EPOLLOUT.rawValue : 0)
        event.data.u64 = UInt64(index)
        epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event)
    }

    /// Sends close_notify and no more.
    func sayGoodbye() {
        state = .leaving
        SSL_shutdown(ssl)
        Glibc.shutdown(socket, Int32(SHUT_WR))
        ERR_clear_error()
    }

    // MARK: Reading

    enum ReadResult {
        /// So many bytes, and more may follow at once.
        case bytes(Int)
        /// All that has arrived was read.
        case drained
        case ended
        case failed(String)
    }

    func read(into target: UnsafeMutableRawBufferPointer) -> ReadResult {
        let result = SSL_read(ssl, target.baseAddress, Int32(target.count))
        if result > 0 { return .bytes(Int(result)) }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .drained
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: return .failed("reading failed: \(reason())")
        }
    }

    /// Whether libssl holds bytes that were read from the socket: else, asking it again would cost a system call for nothing,
    /// since epoll reports a socket as long as there is something to read.
    var hasMore: Bool { SSL_has_pending(ssl) == 1 }
}
