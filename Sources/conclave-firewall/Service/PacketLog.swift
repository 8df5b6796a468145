import Firewall
import NFTables

/// The kernel's log of packets, as the policy has it. Another program may listen to the same group; then there is none, and that is said.
struct PacketLog {
    private var socket: NFLogSocket?
    private var groups: [UInt16] = []
    private var policy: LogPolicy
    private var lost: UInt64 = 0
    /// Why nothing is logged; tried again now and then.
    private(set) var problem: String?
    private static let retry: Int64 = 30_000
    private var lastTry = Int64.min / 2

    init(_ policy: LogPolicy) {
        self.policy = policy
        open()
    }

    /// For poll(2); -1, which poll passes over, where there is none.
    var descriptor: Int32 { socket?.descriptor ?? -1 }

    mutating func follow(_ policy: LogPolicy, _ now: BanTime) {
        self.policy = policy
        let isOther = groups != [policy.blockedGroup, policy.allowedGroup]
        guard isOther || (problem != nil && now.steady - lastTry >= Self.retry) else { return }
        lastTry = now.steady
        open()
    }

    mutating func read(_ now: BanTime) -> (blocked: [LoggedPacket], allowed: [LoggedPacket], lost: UInt64) {
        guard let socket else { return ([], [], 0) }
        let packets = socket.read(now: now.wall)
        defer { lost = socket.lost }
        let blocked = packets.filter { $0.reason != .pass && $0.reason != .other }
        return (blocked, packets.filter { $0.reason == .pass }, socket.lost &- min(lost, socket.lost))
    }

    private mutating func open() {
        socket = nil
        lost = 0
        groups = [policy.blockedGroup, policy.allowedGroup]
        do throws(NFTablesError) {
            socket = try NFLogSocket(groups: Array(Set(groups)).sorted())
            problem = nil
        } catch {
            let words = "Packets are not logged; the rules go on. \(error)"
            if problem != words { ServiceLog.error(words) }
            problem = words
        }
    }
}
