import Foundation
import Glibc

/// A server of HTTP on loopback, as good or as bad as a test wants it.
final class FeedsServer: @unchecked Sendable {
    struct Request: Sendable {
        var path: String
        /// Names in lower case.
        var headers: [String: String]
    }

    enum Answer: Sendable {
        /// A whole answer with its length.
        case reply(Int, [String: String] = [:], String = "")
        /// Bytes as they stand, then the end of the connection.
        case raw([UInt8])
        /// Bytes, then the same again and again with so many microseconds between, for 30 s or until the other side goes.
        case endless([UInt8], [UInt8], UInt32)
    }

    let port: UInt16
    private let listener: Int32
    private let lock = NSLock()
    private var answer: @Sendable (Request) -> Answer
    private var seen: [Request] = []

    init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
        self.answer = answer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    /// All that was asked, in order.
    var requests: [Request] { lock.withLock { seen } }

    func change(_ answer: @escaping @Sendable (Request) -> Answer) { lock.withLock { self.answer = answer } }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var text = [UInt8]()
        while !String(decoding: text, as: UTF8.self).contains("\r\n\r\n"), text.count < 65_536 {
            var piece = [UInt8](repeating: 0, count: 4_096)
            let count = recv(connection, &piece, piece.count, 0)
            guard count > 0 else { return }
            text += piece[..<count]
        }
        let lines = String(decoding: text, as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count == 3, words[0] == "GET" else { return }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        let request = Request(path: String(words[1]), headers: headers)
        let answer = lock.withLock { () -> @Sendable (Request) -> Answer in
            seen.append(request)
            return self.answer
        }
        switch answer(request) {
        case .reply(let status, let headers, let body):
            let fields = headers.map { "\($0): \($1)\r\n" }.joined()
            let head =
                "HTTP/1.1 \(status) X\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n"
            _ = send(connection, Array((head + (status == 304 ? "" : body)).utf8))
        case .raw(let bytes): _ = send(connection, bytes)
        case .endless(let head, let piece, let pause):
            guard send(connection, head) else { return }
            let end = Date().addingTimeInterval(30)
            while Date() < end, send(connection, piece) { usleep(pause) }
        }
    }

    private func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            start += count
        }
        return true
    }
}
