import ControlSocket
import Firewall
import Glibc
import Testing

@Suite("sockets of the firewall, made and adopted")
struct ControlListenerTests {
    @Test("a socket is for its owner alone, and goes with its listener")
    func mode() throws {
        let folder = try SocketFolder()
        let path = folder.socket("control")
        var facts = stat()
        do {
            let listener = try ControlListener(path: path, role: .admin)
            #expect(lstat(path, &facts) == 0)
            #expect(facts.st_mode & 0o7777 == 0o600)
            #expect(facts.st_mode & S_IFMT == S_IFSOCK)
            #expect(listener.users == [0, geteuid()])
        }
        #expect(lstat(path, &facts) != 0)
    }

    @Test("a socket of a daemon that runs is not taken, and the error tells which process")
    func inUse() throws {
        let folder = try SocketFolder()
        let path = folder.socket("control")
        let listener = try ControlListener(path: path, role: .admin)
        #expect(throws: ControlSocketError.inUse(path: path, process: getpid())) {
            _ = try ControlListener(path: path, role: .admin)
        }
        // The first still answers.
        _ = try ControlClient(path)
        #expect(listener.accept() != nil)
    }

    @Test("a socket that a daemon left behind is replaced")
    func stale() throws {
        let folder = try SocketFolder()
        let path = folder.socket("control")
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(dead)
        let listener = try ControlListener(path: path, role: .admin)
        _ = try ControlClient(path)
        #expect(listener.accept() != nil)
    }

    @Test("what is not a socket is left alone")
    func file() throws {
        let folder = try SocketFolder()
        let path = folder.socket("file")
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(throws: ControlSocketError.notASocket(path: path)) { _ = try ControlListener(path: path, role: .admin) }
        #expect(access(path, F_OK) == 0)
    }

    @Test("a folder that is missing and a path that is too long are named, with a remedy")
    func badPaths() throws {
        let folder = try SocketFolder()
        let missing = folder.path + "/none/control.sock"
        #expect(throws: ControlSocketError.noFolder(path: missing)) {
            _ = try ControlListener(path: missing, role: .admin)
        }
        #expect("\(ControlSocketError.noFolder(path: missing))".contains("systemctl start conclave-firewall"))
        for path in ["", "/tmp/" + String(repeating: "x", count: 200), "/tmp/a\0b"] {
            #expect(throws: ControlSocketError.badPath(path)) { _ = try ControlListener(path: path, role: .admin) }
            #expect(throws: ControlSocketError.badPath(path)) { _ = try ControlClient(path) }
            #expect(throws: ControlSocketError.badPath(path)) { _ = try ReportSender(path) }
        }
    }

    @Test("a socket that systemd opened is adopted, and its file stays")
    func adopted() throws {
        let folder = try SocketFolder()
        let path = folder.socket("chat")
        let made = try ControlListener(path: path, role: .chat)
        do {
            let listener = try ControlListener.adopt(dup(made.descriptor), role: .chat, users: [4_711])
            #expect(listener.path == path)
            #expect(listener.users == [0, geteuid(), 4_711])
            _ = try ControlClient(path)
            let peer = try #require(listener.accept())
            #expect(peer.role == .chat)
            #expect(peer.credentials.user == geteuid())
            #expect(peer.credentials.process == getpid())
        }
        #expect(access(path, F_OK) == 0)
    }

    @Test("what is no listening Unix socket is not adopted")
    func notAdopted() throws {
        let inet = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let quiet = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            close(inet)
            close(quiet)
        }
        for descriptor in [inet, quiet, -1, 9_999] {
            #expect(throws: ControlSocketError.self) { _ = try ControlListener.adopt(descriptor, role: .chat) }
        }
    }

    @Test("without systemd nothing is adopted, and names that are not ours are an error")
    func activation() throws {
        let pid = "\(getpid())"
        func adopted(_ variables: [String: String]) throws -> Int {
            try ControlListener.activated(environment: { variables[$0] }).count
        }
        #expect(try adopted([:]) == 0)
        #expect(try adopted(["LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "control"]) == 0)
        #expect(try adopted(["LISTEN_PID": pid, "LISTEN_FDS": "0"]) == 0)
        #expect(try adopted(["LISTEN_PID": pid, "LISTEN_FDS": "-3"]) == 0)
        #expect(throws: ControlSocketError.self) { try adopted(["LISTEN_PID": pid, "LISTEN_FDS": "1"]) }
        #expect(throws: ControlSocketError.self) {
            try adopted(["LISTEN_PID": pid, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "other"])
        }
        #expect(throws: ControlSocketError.self) { try adopted(["LISTEN_PID": pid, "LISTEN_FDS": "2000000000"]) }
    }

    @Test("only the administrator's socket takes everything")
    func roles() {
        for operation in ["report", "authenticated", "ban", "unban", "off", "status", "", "REPORT"] {
            #expect(ControlRole.admin.allows(operation))
            #expect(ControlRole.chat.allows(operation) == ["report", "authenticated"].contains(operation))
            #expect(ControlRole.monitor.allows(operation) == (operation == "report"))
        }
    }
}
