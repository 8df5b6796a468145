internal import CNetlink
internal import Firewall
internal import Glibc

/// Tells when somebody else changes the kernel's tables, ours or others (`NFNLGRP_NFTABLES`).
///
/// Of every transaction the kernel tells each rule and each element, and at last one message that says the new generation and who did it (`NFT_MSG_NEWGEN`).
/// Only that last one is let into the socket, and only when it is not from our own ``NFTables``: a filter in the kernel refuses the rest before it takes room.
/// So neither a feed of a million entries nor thousands of bans wake anybody or overrun the socket, and no foreign change is missed meanwhile, as it would be
/// by leaving the group while loading.
package final class NFTablesEvents {
    package enum Event: Hashable, Sendable {
        /// Our table is not there any more; the last who changed something was that process.
        case tableDeleted(by: Process?)
        /// Something was changed, in our table or in another: ``NFTables/inventory()`` says whether ours is as it was.
        case changed(by: Process?)
        /// More happened than was read in time: look yourself.
        case overrun
    }

    package struct Process: Hashable, Sendable {
        package var identifier: Int32
        /// At most 15 bytes (`comm`).
        package var name: String

        package init(identifier: Int32, name: String) {
            self.identifier = identifier
            self.name = name
        }
    }

    private let tables: NFTables
    private let socket: NetlinkSocket

    /// Hears from now on, in the network namespace in which the calling thread is: that of `tables`.
    /// - Throws: ``NFTablesError/noRight`` without CAP_NET_ADMIN.
    package init(besides tables: NFTables) throws(NFTablesError) {
        self.tables = tables
        socket = try NetlinkSocket(receiveBuffer: 1 << 18)
        try socket.attach(Self.filter(own: tables.port))
        try socket.join(group: UInt32(NFNLGRP_NFTABLES.rawValue))
    }

    /// For poll(2): readable when there is something to ``read()``.
    package var descriptor: Int32 { socket.descriptor }

    /// What happened since the last time, at most one event a process; never waits.
    package func read() throws(NFTablesError) -> [Event] {
        var processes: [Process?] = []
        var wasOverrun = false
        reading: for _ in 0..<256 {
            do {
                guard let messages = try socket.receive(waits: false) else { break reading }
                for message in messages where message.type == NFT_MSG_NEWGEN.message && message.port != tables.port {
                    let process = Self.process(message)
                    if !processes.contains(process), processes.count < 64 { processes.append(process) }
                }
            } catch .overrun {
                wasOverrun = true
            }
        }
        guard !processes.isEmpty || wasOverrun else { return [] }
        var events = processes.map { Event.changed(by: $0) }
        if !processes.isEmpty, try !tables.hasTable() {
            events[events.count - 1] = .tableDeleted(by: processes.last ?? nil)
        }
        return wasOverrun ? events + [.overrun] : events
    }

    private static func process(_ message: NetlinkMessages.Message) -> Process? {
        var identifier: UInt32?
        var name = ""
        for attribute in message.attributes {
            switch attribute.type {
            case NFTA_GEN_PROC_PID: identifier = attribute.uint32
            case NFTA_GEN_PROC_NAME: name = attribute.text
            default: break
            }
        }
        return identifier.map { Process(identifier: Int32(bitPattern: $0), name: name) }
    }

    /// Accepts what begins with `NFT_MSG_NEWGEN` and was not caused by the socket `own`. Offsets are those of `struct nlmsghdr`; BPF reads in network order,
    /// so the constants are turned where the machine is little-endian.
    private static func filter(own: UInt32) -> [sock_filter] {
        func instruction(_ code: Int32, _ k: UInt32, yes: UInt8 = 0, no: UInt8 = 0) -> sock_filter {
            sock_filter(code: UInt16(truncatingIfNeeded: code), jt: yes, jf: no, k: k)
        }
        return [
            instruction(BPF_LD | BPF_H | BPF_ABS, 4),
            instruction(BPF_JMP | BPF_JEQ | BPF_K, UInt32(NFT_MSG_NEWGEN.message.bigEndian), no: 2),
            instruction(BPF_LD | BPF_W | BPF_ABS, 12),
            instruction(BPF_JMP | BPF_JEQ | BPF_K, own.bigEndian, no: 1),
            instruction(BPF_RET | BPF_K, 0),
            instruction(BPF_RET | BPF_K, .max),
        ]
    }
}
