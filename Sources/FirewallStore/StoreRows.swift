import Firewall
import Foundation
import GRDB

extension IPAddress {
    /// An integer for IPv4, 16 bytes for IPv6: so all of IPv4 comes before all of IPv6, each by number.
    var databaseValue: DatabaseValue {
        family == .ipv4 ? Int64(truncatingIfNeeded: value).databaseValue : Data(bytes).databaseValue
    }

    init?(database value: DatabaseValue) {
        switch value.storage {
        case .int64(let number):
            guard let number = UInt32(exactly: number) else { return nil }
            self.init(ipv4: number)
        case .blob(let data):
            guard data.count == 16 else { return nil }
            self.init(bytes: data)
        default: return nil
        }
    }
}

extension LogQuery.Kind {
    var table: String { self == .blocked ? "blocked_packets" : "allowed_packets" }
}

extension StoredPacket {
    init(_ row: Row, _ kind: LogQuery.Kind) {
        let prefix = kind == .blocked ? "cfw:" + (row["reason"] as String) : LogReason.pass.prefix
        let packet = LoggedPacket(
            prefix: prefix, time: row["time"], source: IPAddress(database: row["source"]),
            destination: IPAddress(database: row["destination"]), transport: UInt8(clamping: row["protocol"] as Int64),
            sourcePort: (row["source_port"] as Int64?).map { UInt16(clamping: $0) },
            destinationPort: (row["port"] as Int64?).map { UInt16(clamping: $0) },
            flags: UInt8(clamping: row["flags"] as Int64), length: row["length"],
            inputInterface: UInt32(clamping: row["input"] as Int64),
            outputInterface: UInt32(clamping: row["output"] as Int64))
        self.init(number: row["id"], weight: kind == .blocked ? 1 : row["weight"], packet: packet)
    }
}

extension StatisticsRecord {
    init(_ row: Row, counters: [String: CounterAmount]) {
        self.init(
            time: row["time"], span: row["span"], counters: counters, bans: row["bans"],
            logged: UInt64(clamping: row["logged"] as Int64), lost: UInt64(clamping: row["lost"] as Int64),
            processorTime: UInt64(clamping: row["processor_ms"] as Int64),
            residentKiB: UInt64(clamping: row["resident_kib"] as Int64))
    }

    /// `{"c_ban":[3,180]}`. Names are of `A-Z`, `a-z`, `0-9`, `_`, `-` and `.`; others are left out. Numbers end at 2^53, so that sums of many do not overflow.
    var counterText: String {
        let members = counters.sorted { $0.key < $1.key }.compactMap { name, amount -> String? in
            guard name.utf8.allSatisfy(Self.isPlain) else { return nil }
            return "\"\(name)\":[\(min(amount.packets, 1 << 53)),\(min(amount.bytes, 1 << 53))]"
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension Ban {
    /// `192.0.2.1 2001:db8::/64`
    var targetText: String { targets.map(\.description).joined(separator: " ") }

    /// `nil` for a row that is not of ours.
    init?(_ row: Row) {
        let targets = (row["targets"] as String).split(separator: " ").compactMap { IPPrefix(stored: String($0)) }
        guard !targets.isEmpty, let kind = Report.Kind(rawValue: row["kind"]) else { return nil }
        self.init(
            targets: targets, since: row["since"], until: row["until"], kind: kind, detail: row["detail"],
            offence: row["offence"])
    }
}

extension IPPrefix {
    /// As ``description`` writes it.
    init?(stored text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
        guard parts.count == 2 else {
            self.init(address)
            return
        }
        guard let length = Int(parts[1]) else { return nil }
        self.init(address, length: length)
    }
}

/// The SQL of a ``LogQuery``.
struct PacketSelect {
    /// Packets of one answer.
    static let maximum = 10_000

    let sql: String
    let arguments: StatementArguments

    init(_ query: LogQuery) {
        var conditions: [String] = []
        var values: [DatabaseValue] = []
        func require(_ condition: String, _ value: DatabaseValue...) {
            conditions.append(condition)
            values += value
        }
        if let since = query.since { require("time >= ?", since.databaseValue) }
        if let source = query.source {
            if source.isHost {
                require("source = ?", source.first.databaseValue)
            } else {
                require("source BETWEEN ? AND ?", source.first.databaseValue, source.last.databaseValue)
            }
        }
        if let port = query.port { require("port = ?", Int64(port).databaseValue) }
        if let reason = query.reason, query.kind == .blocked {
            // `rule` means all rules, and `rule 3` is not `rule 30`.
            let (first, end) = (reason + " ", reason + "!")
            require(
                "(reason = ? OR reason >= ? AND reason < ?)", reason.databaseValue, first.databaseValue,
                end.databaseValue)
        }
        if let after = query.after { require("id > ?", after.databaseValue) }
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        let limit = max(1, min(query.limit, Self.maximum))
        sql = "SELECT * FROM \(query.kind.table)\(filter) ORDER BY id \(query.after == nil ? "DESC" : "ASC") LIMIT ?"
        arguments = StatementArguments(values + [limit.databaseValue])
    }
}
