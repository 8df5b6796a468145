import Glibc

/// A network namespace with a name (`ip netns`), into which threads of this process can step.
struct Namespace: Sendable {
    let name: String
    /// Keeps it open; so it outlives its name until the sockets that were opened in it are closed.
    let descriptor: Int32

    static let folder = "/run/netns"

    init(name: String) throws(LabError) {
        self.name = name
        try Command.check(["ip", "netns", "add", name])
        descriptor = try check(open("\(Self.folder)/\(name)", O_RDONLY | O_CLOEXEC), "cannot open namespace \(name)")
    }

    /// Removes the name, and ends what still runs inside.
    func remove() {
        close(descriptor)
        Self.remove(name)
    }

    static func remove(_ name: String) {
        for identifier in (try? Command.output(["ip", "netns", "pids", name]))?.split(separator: "\n") ?? [] {
            if let identifier = pid_t(identifier), identifier > 1, identifier != getpid() { kill(identifier, SIGKILL) }
        }
        if (try? Command.check(["ip", "netns", "del", name])) == nil {
            // Of a run that was killed in a mount namespace of its own, the empty file alone is left.
            unlink("\(folder)/\(name)")
        }
    }

    /// Runs `body` inside, on the present thread, and comes back. `body` must not open threads that outlast it.
    func run<Answer, Failure: Error>(_ body: () throws(Failure) -> Answer) throws(Failure) -> Answer {
        let home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        precondition(home >= 0, "the thread's own namespace cannot be opened")
        precondition(Self.enter(descriptor) == 0, "namespace \(name) cannot be entered; it needs CAP_SYS_ADMIN")
        defer {
            // Whatever ran on this thread from here on would be in the wrong network.
            precondition(Self.enter(home) == 0, "the way back from namespace \(name) is closed")
            close(home)
        }
        return try body()
    }

    /// CLONE_NEWNET of linux/sched.h.
    static let newNetwork: Int32 = 0x4000_0000

    private static func enter(_ descriptor: Int32) -> Int32 { setns(descriptor, newNetwork) }

    private typealias Call2 = @convention(c) (Int32, Int32) -> Int32
    private typealias Call1 = @convention(c) (Int32) -> Int32

    /// setns(2) and unshare(2): Swift's Glibc does not show what needs `_GNU_SOURCE`.
    private static let setns: Call2 = unsafeBitCast(dlsym(nil, "setns"), to: Call2.self)
    static let unshare: @convention(c) (Int32) -> Int32 = unsafeBitCast(dlsym(nil, "unshare"), to: Call1.self)
}
