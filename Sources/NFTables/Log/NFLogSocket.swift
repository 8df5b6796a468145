internal import CNetlink
package import Firewall
internal import Glibc

/// Hears of the packets that log statements send to groups (NFLOG; linux/netfilter/nfnetlink_log.h). A flood is no error: what the kernel had to drop is counted.
/// Belongs to the network namespace of the thread that makes it. Not for two threads at once.
package final class NFLogSocket {
    package struct Settings: Hashable, Sendable {
        /// Bytes of each packet that are copied; headers need no more.
        package var snapLength: UInt32 = 128
        /// Packets that the kernel sends at once. A log statement may ask for fewer.
        package var together: UInt32 = 64
        /// Hundredths of a second after which it sends what there is.
        package var timeout: UInt32 = 10
        /// Bytes that may wait in the kernel.
        package var receiveBuffer: Int32 = 1 << 20

        package init() {}
    }

    private let socket: NetlinkSocket
    private var counting = SequenceCount()
    /// How often the kernel said that it had to drop some as nobody read in time. How many they were, ``lost`` tells.
    package private(set) var overruns: UInt64 = 0

    /// - Throws: ``NFTablesError``: the right is missing, or another program listens to a group.
    package init(groups: [UInt16], _ settings: Settings = Settings()) throws(NFTablesError) {
        socket = try NetlinkSocket(receiveBuffer: settings.receiveBuffer)
        for (index, group) in groups.enumerated() { try listen(to: group, index, settings) }
    }

    /// For poll(2).
    package var descriptor: Int32 { socket.descriptor }

    /// Packets of which the kernel wanted to tell and could not, by the gaps in its numbers.
    package var lost: UInt64 { counting.lost }

    /// What has come, without waiting.
    /// - Parameters:
    ///   - now: milliseconds since 1970, for packets that have no time of their own: those that this machine sends.
    ///   - limit: no more is read once there are so many; then the descriptor stays readable.
    package func read(now: Int64, limit: Int = 1_024) -> [LoggedPacket] {
        var packets: [LoggedPacket] = []
        while packets.count < limit {
            do throws(NFTablesError) {
                guard let messages = try socket.receive(waits: false) else { break }
                for message in messages {
                    guard let entry = NFLogMessage(message) else { continue }
                    counting.count(entry)
                    packets.append(entry.packet(now: now))
                }
            } catch {
                overruns += 1
                // After an overrun there is more to read; other errors come again at the next call.
                guard case .overrun = error else { break }
            }
        }
        return packets
    }

    private func listen(to group: UInt16, _ index: Int, _ settings: Settings) throws(NFTablesError) {
        var writer = NetlinkWriter(capacity: 256)
        func configure(_ body: (inout NetlinkWriter) -> Void) {
            writer.message(
                type: NFLogMessage.type(NFULNL_MSG_CONFIG), flags: UInt16(NLM_F_ACK), sequence: UInt32(index),
                family: UInt8(AF_UNSPEC), resource: group, body)
        }
        configure { $0.attribute(UInt16(NFULA_CFG_CMD.rawValue), [UInt8(NFULNL_CFG_CMD_BIND.rawValue)]) }
        configure { writer in
            // struct nfulnl_msg_config_mode: the length, the mode, a byte of nothing.
            let length = withUnsafeBytes(of: settings.snapLength.bigEndian) { Array($0) }
            writer.attribute(UInt16(NFULA_CFG_MODE.rawValue), length + [UInt8(NFULNL_COPY_PACKET), 0])
            writer.attribute(UInt16(NFULA_CFG_NLBUFSIZ.rawValue), UInt32(1 << 16))
            writer.attribute(UInt16(NFULA_CFG_QTHRESH.rawValue), settings.together)
            writer.attribute(UInt16(NFULA_CFG_TIMEOUT.rawValue), settings.timeout)
            writer.attribute(UInt16(NFULA_CFG_FLAGS.rawValue), UInt16(NFULNL_CFG_F_SEQ))
        }
        try socket.send(writer.bytes)
        var answers = 0
        while answers < 2 {
            guard let messages = try socket.receive(waits: true) else { return }
            for message in messages where message.type == UInt16(NLMSG_ERROR) && message.sequence == UInt32(index) {
                answers += 1
                let code = -Int32(bitPattern: message.payload.word(at: 0))
                guard code == 0 else { throw Self.refusal(of: group, index, code) }
            }
        }
    }

    private static func refusal(of group: UInt16, _ index: Int, _ code: Int32) -> NFTablesError {
        // EPERM also says that the group is another's.
        code == EPERM && geteuid() != 0
            ? .noRight
            : .refused(
                index: index, operation: "listen to the log group \(group)", code: code,
                words: code == EBUSY || code == EPERM
                    ? "another program, such as ulogd, listens to it: choose another by log.blockedGroup, log.allowedGroup"
                    : "")
    }
}

/// Counts what is missing in the numbers that the kernel gives the packets of each group.
struct SequenceCount {
    private var next: [UInt16: UInt32] = [:]
    private(set) var lost: UInt64 = 0

    mutating func count(_ message: NFLogMessage) {
        guard let sequence = message.sequence else { return }
        if let next = next[message.group] {
            let gap = sequence &- next
            // A number from the past is that of a group that began anew.
            if gap < 1 << 31 { lost += UInt64(gap) }
        }
        next[message.group] = sequence &+ 1
    }
}
