package import TLSMonitor
import TLSWire

/// Who offers what: fingerprints of hellos, how often they came, from how many, and for which names.
package struct FingerprintTable {
    private var rows: [Key: Row] = [:]
    /// Hellos whose fingerprint was one too many.
    private var left = 0

    /// Fingerprints that are kept, and names and addresses of each.
    private static let most = 10_000
    private static let mostNames = 1_000

    private enum Kind: String, CaseIterable { case ja4, ja3, ja3s }

    private struct Key: Hashable {
        var kind: Kind
        var fingerprint: String
    }

    private struct Row {
        var count = 0
        var names: Set<String> = []
        var addresses: Set<IPAddress> = []
    }

    package init() {}

    package mutating func take(_ event: MonitorEvent) {
        guard case .record(let record) = event else { return }
        if let hello = record.clientHello {
            let name = hello.extensions.serverName.map { EventLines.text($0, most: 255) }
            count(.ja4, hello.ja4, record.client.address, name)
            count(.ja3, hello.ja3, record.client.address, name)
        }
        if let hello = record.serverHello { count(.ja3s, hello.ja3s, record.server.address, nil) }
    }

    private mutating func count(_ kind: Kind, _ fingerprint: String, _ address: IPAddress, _ name: String?) {
        let key = Key(kind: kind, fingerprint: fingerprint)
        guard rows[key] != nil || rows.count < Self.most else {
            left += 1
            return
        }
        rows[key, default: Row()].count += 1
        if rows[key]?.addresses.count ?? 0 < Self.mostNames { rows[key]?.addresses.insert(address) }
        if let name, rows[key]?.names.count ?? 0 < Self.mostNames { rows[key]?.names.insert(name) }
    }

    private func sorted(_ kind: Kind) -> [(fingerprint: String, row: Row)] {
        rows.filter { $0.key.kind == kind }.map { ($0.key.fingerprint, $0.value) }
            .sorted { ($1.row.count, $0.fingerprint) < ($0.row.count, $1.fingerprint) }
    }

    // MARK: Text

    package func lines(hasColours: Bool) -> [String] {
        guard !rows.isEmpty else { return ["There is no hello in the capture."] }
        let paint = Paint(isOn: hasColours)
        var table = TextTable(["kind", "fingerprint", "hellos", "from", "for"], right: [2, 3])
        for kind in Kind.allCases {
            for (fingerprint, row) in sorted(kind) {
                let names = row.names.sorted()
                let more = names.count > 3 ? " and \((names.count - 3).grouped) more" : ""
                table.add([
                    kind.rawValue, fingerprint, row.count.grouped, row.addresses.count.grouped,
                    names.prefix(3).joined(separator: ", ") + more,
                ])
            }
        }
        return table.lines(paint)
            + (left > 0 ? ["… and \(left.of("hello")) with fingerprints that are not listed"] : [])
    }

    // MARK: JSON

    package func write(to out: inout JSONWriter) {
        for kind in Kind.allCases {
            for (fingerprint, row) in sorted(kind) {
                out.beginObject()
                out.add("t", "fingerprint")
                out.add("kind", kind.rawValue)
                out.add("fingerprint", fingerprint)
                out.add("hellos", row.count)
                out.array("from", row.addresses.sorted()) { $0.value($1.description) }
                out.add("for", row.names.sorted())
                out.endObject()
                out.endLine()
            }
        }
    }
}
