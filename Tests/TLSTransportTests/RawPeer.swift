import COpenSSL
import Glibc

/// A blocking socket that can say anything.
final class RawSocket: @unchecked Sendable {
    let descriptor: Int32
    private var isOpen = true

    /// How long any one call waits, in seconds: far longer than anything here takes.
    static let patience = 20

    private static let ignoresBrokenPipes: Bool = {
        signal(SIGPIPE, SIG_IGN)
        return true
    }()

    init(descriptor: Int32) throws {
        guard Self.ignoresBrokenPipes, descriptor >= 0 else { throw SocketFailure(errno) }
        self.descriptor = descriptor
        var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
    }

    /// - Parameter host: the last part of its own address, 127.0.0.1 to 127.0.0.254.
    convenience init(connectingTo port: Int, from host: UInt8 = 1) throws {
        try self.init(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        if host != 1, Self.withLoopback(0, host: host, { bind(descriptor, $0, $1) }) != 0 { throw SocketFailure(errno) }
        let result = Self.withLoopback(port) { connect(descriptor, $0, $1) }
        guard result == 0 else { throw SocketFailure(errno) }
    }

    deinit { close() }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }

    /// Closes with RST: what was sent and not read is lost.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    var localPort: Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    func send(_ bytes: some Collection<UInt8>) throws {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SocketFailure(errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// What arrives next; empty at the end of the stream.
    func receive() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw SocketFailure(errno) }
        return Array(bytes.prefix(count))
    }

    static func listening() throws -> RawSocket {
        let socket = try RawSocket(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        guard withLoopback(0, { bind(socket.descriptor, $0, $1) }) == 0, listen(socket.descriptor, 16) == 0 else {
            throw SocketFailure(errno)
        }
        return socket
    }

    func accept() throws -> RawSocket {
        try RawSocket(descriptor: Glibc.accept(descriptor, nil, nil))
    }

    private static func withLoopback(
        _ port: Int, host: UInt8 = 1, _ use: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0000 | UInt32(host)).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

struct SocketFailure: Error, CustomStringConvertible {
    let code: Int32

    init(_ code: Int32) { self.code = code }

    var description: String { String(cString: strerror(code)) }
    var isReset: Bool { code == ECONNRESET || code == EPIPE }
}

/// What a raw peer saw.
enum Outcome: Hashable, Sendable {
    case handshakeDone
    case bytes([UInt8])
    /// A fatal alert from the other side.
    case alert(Int)
    /// close_notify
    case closed
    /// The end of the stream, or a reset, without close_notify.
    case cut
    case failed(String)
}

/// How a raw peer behaves.
struct RawSettings: Sendable {
    var identity: TestIdentity?
    var protocols: [String] = ["conclave/1"]
    var version: Int32 = TLS1_3_VERSION
    var groups: String?
    var signatureAlgorithms: String?
    var cipherSuites: String?
    /// Of how many bytes the next piece of ciphertext is that goes to the socket.
    var piece: @Sendable () -> Int = { .max }
}

/// A plain libssl client or server without any policy, over a blocking socket.
final class RawPeer: @unchecked Sendable {
    let socket: RawSocket
    let ssl: OpaquePointer
    private let context: OpaquePointer
    private let incoming = BIO_new(BIO_s_mem())
    private let outgoing = BIO_new(BIO_s_mem())
    private let settings: RawSettings
    /// All ciphertext that came.
    private(set) var received: [UInt8] = []

    init(_ socket: RawSocket, isServer: Bool, _ settings: RawSettings) throws {
        self.socket = socket
        self.settings = settings
        guard let context = SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
            throw LibraryFailure()
        }
        self.context = context
        SSL_CTX_set_security_level(context, 0)
        try check(conclave_SSL_CTX_set_protocol(context, settings.version))
        if let groups = settings.groups { try check(conclave_SSL_CTX_set1_groups_list(context, groups)) }
        if let list = settings.signatureAlgorithms { try check(conclave_SSL_CTX_set1_sigalgs_list(context, list)) }
        if let suites = settings.cipherSuites { try check(SSL_CTX_set_ciphersuites(context, suites)) }
        if let identity = settings.identity {
            try check(SSL_CTX_use_certificate(context, identity.certificate))
            try check(SSL_CTX_use_PrivateKey(context, identity.key.pointer))
            for issuer in identity.chain { try check(conclave_SSL_CTX_add1_chain_cert(context, issuer.certificate)) }
        }
        let offers = settings.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        if isServer, !offers.isEmpty {
            SSL_CTX_set_alpn_select_cb(
                context,
                { _, chosen, length, offered, _, _ in
                    chosen?.pointee = offered?.advanced(by: 1)
                    length?.pointee = offered?.pointee ?? 0
                    return SSL_TLSEXT_ERR_OK
                }, nil)
        } else if !offers.isEmpty {
            SSL_CTX_set_alpn_protos(context, offers, UInt32(offers.count))
        }
        guard let ssl = SSL_new(context) else { throw LibraryFailure() }
        self.ssl = ssl
        SSL_set_bio(ssl, incoming, outgoing)
        if isServer { SSL_set_accept_state(ssl) } else { SSL_set_connect_state(ssl) }
    }

    convenience init(connectingTo port: Int, from host: UInt8 = 1, _ settings: RawSettings) throws {
        try self.init(RawSocket(connectingTo: port, from: host), isServer: false, settings)
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    func handshake() -> Outcome {
        run { SSL_do_handshake(ssl) } ?? .handshakeDone
    }

    /// The ClientHello, without sending it.
    func firstFlight() -> [UInt8] {
        SSL_do_handshake(ssl)
        return takeOutgoing()
    }

    /// What the handshake says to `bytes`, without sending it.
    func answer(_ bytes: [UInt8]) -> [UInt8] {
        BIO_write(incoming, bytes, Int32(bytes.count))
        return firstFlight()
    }

    /// `plaintext` as ciphertext that is not sent.
    func encrypt(_ plaintext: [UInt8]) -> [UInt8] {
        SSL_write(ssl, plaintext, Int32(plaintext.count))
        return takeOutgoing()
    }

    private func takeOutgoing() -> [UInt8] {
        var all: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = BIO_read(outgoing, &bytes, Int32(bytes.count)), count > 0 {
            all += bytes.prefix(Int(count))
        }
        return all
    }

    func write(_ bytes: [UInt8]) -> Outcome? {
        run { SSL_write(ssl, bytes, Int32(bytes.count)) }
    }

    /// The plaintext of the next record, or how the stream ends.
    func read() -> Outcome {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        var count: Int32 = 0
        let outcome = run {
            count = SSL_read(ssl, &bytes, Int32(bytes.count))
            return count
        }
        return outcome ?? .bytes(Array(bytes.prefix(Int(count))))
    }

    /// Plaintext up to `count` bytes, or how the stream ends before.
    func read(count: Int) -> Outcome {
        var all: [UInt8] = []
        while all.count < count {
            switch read() {
            case .bytes(let more): all += more
            case let end: return end
            }
        }
        return .bytes(all)
    }

    /// Everything up to the end, and how it ended.
    func readToEnd() -> (bytes: [UInt8], end: Outcome) {
        var all: [UInt8] = []
        while true {
            switch read() {
            case .bytes(let more): all += more
            case let end: return (all, end)
            }
        }
    }

    func sayGoodbye() {
        _ = SSL_shutdown(ssl)
        try? flush()
    }

    /// Runs a call of libssl until it has what it needs.
    private func run(_ call: () -> Int32) -> Outcome? {
        do {
            while true {
                ERR_clear_error()
                let result = call()
                let error = SSL_get_error(ssl, result)
                let code = ERR_peek_error()
                // If the other side has gone, what it said last can still be read.
                try? flush()
                if result > 0 { return nil }
                switch error {
                case SSL_ERROR_WANT_READ: break
                case SSL_ERROR_ZERO_RETURN: return .closed
                default:
                    let reason = ERR_GET_REASON(code)
                    // SSL_AD_REASON_OFFSET
                    if reason >= 1_000, reason < 1_256 { return .alert(Int(reason) - 1_000) }
                    return .failed(ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)")
                }
                let bytes = try socket.receive()
                if bytes.isEmpty { return .cut }
                received += bytes
                BIO_write(incoming, bytes, Int32(bytes.count))
            }
        } catch let failure as SocketFailure where failure.isReset {
            return .cut
        } catch {
            return .failed("\(error)")
        }
    }

    private func flush() throws {
        var bytes = [UInt8](repeating: 0, count: 1 << 17)
        while case let count = BIO_read(outgoing, &bytes, Int32(bytes.count)), count > 0 {
            var rest = bytes.prefix(Int(count))
            while !rest.isEmpty {
                let piece = rest.prefix(max(1, settings.piece()))
                try socket.send(piece)
                rest = rest.dropFirst(piece.count)
            }
        }
    }
}
