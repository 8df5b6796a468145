import Firewall

@testable import NFTables

/// What the firewall reads of the kernel.
extension FuzzedDecoder {
    static let replies: [FuzzedDecoder] = [
        .init("NetlinkMessages", messages),
        .init("ConnectionTable", tables),
    ]

    private struct Unreadable: Error {}

    private static func messages(_ bytes: [UInt8]) throws -> [UInt8] {
        var (count, size) = (0, 0)
        let set = NamedSet("deny4_1", key: .address(.ipv4), isInterval: true)
        for message in NetlinkMessages(bytes[...]) {
            count += 1
            size += message.payload.count + 16
            if let log = NFLogMessage(message), log.packet(now: 0).prefix.unicodeScalars.count > 127 { return [] }
            if let answer = NetlinkAcknowledgement(message), answer.code < 0 { return [] }
            _ = (KernelReply.generation(message), KernelReply.tableFlags(message), KernelReply.counter(message))
            _ = (KernelReply.set(message), KernelReply.chain(message))
            if let rule = KernelReply.rule(message) { _ = FNV.digest(rule.expressions, after: FNV.start) }
            if let elements = KernelReply.elements(message) {
                guard KernelReply.pair(elements, of: set).count <= elements.count else { return [] }
            }
        }
        guard size <= bytes.count else { return [] }
        guard count > 0 else { throw Unreadable() }
        return bytes
    }

    /// As each of the tables, whichever it is.
    private static func tables(_ bytes: [UInt8]) throws -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)[...]
        let connections = ConnectionTable.rows(text)
        let lines = bytes.count { $0 == 0x0A } + 1
        let addresses = [RouteTable.gateways4(text), RouteTable.gateways6(text), ResolverFile.servers(text)]
        guard connections.count <= lines, addresses.allSatisfy({ $0.count <= lines }) else { return [] }
        guard !connections.isEmpty || addresses.contains(where: { !$0.isEmpty }) else { throw Unreadable() }
        return bytes
    }
}
