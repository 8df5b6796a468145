import Firewall
import Foundation
import Glibc
import Synchronization

/// The other end of a command: takes one request, and answers as it was told.
final class CommandTestsSocket: Sendable {
    let path: String
    private let folder: String
    private let listener: Int32
    private let lines = Mutex<[String]>([])

    /// What was asked, line by line.
    var requests: [String] { lines.withLock { $0 } }

    /// - Parameter answers: the lines of answers, one after the other; to each request all of them.
    init(_ answers: [String]) throws {
        folder =
            FileManager.default.temporaryDirectory.appendingPathComponent("cli-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        path = folder + "/s"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0, listen(listener, 8) == 0 else { throw POSIXError(.EADDRINUSE) }
        let descriptor = listener
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                let line = Self.readLine(connection)
                self?.lines.withLock { $0.append(line) }
                let bytes = Array(answers.map { $0 + "\n" }.joined().utf8)
                _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                close(connection)
            }
        }
    }

    convenience init(_ answer: ControlAnswer) throws { try self.init([answer.line]) }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func readLine(_ connection: Int32) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < 1 << 20, recv(connection, &byte, 1, 0) == 1, byte != 0x0A { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
