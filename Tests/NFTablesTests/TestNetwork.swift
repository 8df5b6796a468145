import Firewall
import Glibc
import NFTables
import Testing

/// A network namespace without a name, of this test alone: gone with the last socket in it.
final class TestNetwork: Sendable {
    private let descriptor: Int32

    init() throws {
        let home = open(Self.present, O_RDONLY | O_CLOEXEC)
        defer { close(home) }
        guard home >= 0, Self.unshare(Self.newNetwork) == 0 else { throw Failure("no namespace: \(errno)") }
        descriptor = open(Self.present, O_RDONLY | O_CLOEXEC)
        precondition(Self.setns(home, Self.newNetwork) == 0, "no way back from the namespace")
    }

    deinit { close(descriptor) }

    /// Runs `body` on this thread with its sockets and programs in the namespace.
    func inside<Result>(_ body: () throws -> Result) throws -> Result {
        let home = open(Self.present, O_RDONLY | O_CLOEXEC)
        guard home >= 0, Self.setns(descriptor, Self.newNetwork) == 0 else { throw Failure("not entered: \(errno)") }
        defer {
            precondition(Self.setns(home, Self.newNetwork) == 0, "no way back from the namespace")
            close(home)
        }
        return try body()
    }

    /// The same as somebody without any capability: only this thread's effective user changes, by the bare system call.
    func insideWithoutRights<Result>(_ body: () throws -> Result) throws -> Result {
        try inside {
            guard Self.become(65_534) else { throw Failure("the user was not changed: \(errno)") }
            defer { precondition(Self.become(0), "no way back to root") }
            return try body()
        }
    }

    func tables() throws -> NFTables { try inside { try NFTables() } }

    /// What a shell command says in the namespace, errors too; what it ends with is not looked at.
    @discardableResult
    func shell(_ command: String) throws -> String {
        try inside {
            guard let pipe = popen("(\(command)) 2>&1", "r") else { throw Failure("no shell") }
            defer { pclose(pipe) }
            var text: [UInt8] = []
            var block = [UInt8](repeating: 0, count: 65_536)
            while case let count = fread(&block, 1, block.count, pipe), count > 0 { text += block[..<count] }
            return String(decoding: text, as: UTF8.self)
        }
    }

    func nft(_ text: String) throws -> String { try shell("nft '\(text)'") }

    /// The lines of `nft list`, each without what is around it.
    func listing(_ what: String) throws -> [String] {
        try nft("list \(what)").split(separator: "\n").map { line in
            String(line.drop { $0 == "\t" || $0 == " " })
        }
    }

    func startLoopback() throws { try shell("ip link set lo up") }

    /// Sends UDP datagrams from `source` to an address of this machine; whether anybody hears them is not looked at.
    func send(_ count: Int, to target: String, from source: String? = nil, port: UInt16 = 9) throws {
        try inside {
            let isSix = target.contains(":")
            let descriptor = socket(isSix ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(descriptor) }
            if let source { try Self.withAddress(source, 0) { _ = Glibc.bind(descriptor, $0, $1) } }
            let byte: [UInt8] = [1]
            for _ in 0..<count {
                try Self.withAddress(target, port) { _ = sendto(descriptor, byte, 1, 0, $0, $1) }
            }
        }
    }

    private static func withAddress(
        _ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Void
    ) throws {
        var storage = sockaddr_storage()
        let length = try withUnsafeMutableBytes(of: &storage) { bytes in
            guard let address = IPAddress(text) else { throw Failure("no address: \(text)") }
            let isSix = address.family == .ipv6
            bytes.storeBytes(of: sa_family_t(isSix ? AF_INET6 : AF_INET), as: sa_family_t.self)
            bytes.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
            for (index, byte) in address.bytes.enumerated() { bytes[(isSix ? 8 : 4) + index] = byte }
            return socklen_t(isSix ? 28 : 16)
        }
        withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    struct Failure: Error {
        var text: String
        init(_ text: String) { self.text = text }
    }

    /// Root with nf_tables and `nft`; in CI they have to be there.
    static let isUsable: Bool = {
        if let value = getenv("CI"), String(cString: value) == "true" { return true }
        guard geteuid() == 0, let network = try? TestNetwork(), let tables = try? network.tables() else { return false }
        guard let version = try? network.shell("nft --version"), version.hasPrefix("nftables") else { return false }
        return (try? tables.commit(KernelTransaction([.addTable(isProtected: false)]))) != nil
    }()

    static let reason: Comment = "needs root (network namespaces), nf_tables, and nft to compare with"

    private typealias Call = @convention(c) (Int, Int, Int, Int) -> Int

    /// setresuid(2) of this thread alone; glibc's would change all.
    private static func become(_ user: Int) -> Bool {
        #if arch(x86_64)
            let number = 117
        #else
            let number = 147
        #endif
        return unsafeBitCast(dlsym(nil, "syscall"), to: Call.self)(number, -1, user, -1) == 0
    }

    private static let present = "/proc/thread-self/ns/net"
    /// CLONE_NEWNET of linux/sched.h.
    private static let newNetwork: Int32 = 0x4000_0000
    /// Swift's Glibc does not show what takes `_GNU_SOURCE`.
    private static let unshare = unsafeBitCast(dlsym(nil, "unshare"), to: (@convention(c) (Int32) -> Int32).self)
    private static let setns = unsafeBitCast(dlsym(nil, "setns"), to: (@convention(c) (Int32, Int32) -> Int32).self)
}

extension KernelTransaction {
    init(_ operations: KernelOperation...) { self.init(operations) }

    /// The table, and what follows.
    static func table(_ operations: KernelOperation...) -> KernelTransaction {
        KernelTransaction([.addTable(isProtected: false)] + operations)
    }
}

func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

/// `192.0.2.0/24`, or one address.
func prefix(_ text: String) throws -> IPPrefix {
    let parts = text.split(separator: "/")
    let address = try address(String(parts[0]))
    return IPPrefix(address, length: parts.count == 2 ? try #require(Int(parts[1])) : address.family.bits)
}
