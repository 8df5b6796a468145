import TLSWire

extension AlarmWatch {
    private static let day: Int64 = 86_400

    /// The server's own certificate, before TLS 1.3.
    mutating func judge(_ leaf: CertificateFacts, _ record: RecordEvent, _ place: Int) {
        let flow = flows[place]
        var it = AlarmCase(
            kind: .certificateExpiry, severity: .medium, sighting: record.sighting, flow: record.flow,
            target: flow.server)
        let now = PacketTime.safe(record.sighting.time) / PacketTime.second
        // What a certificate says may be anything.
        let (start, end) = (min(max(leaf.notBefore, 0), 1 << 40), min(max(leaf.notAfter, 0), 1 << 40))
        let name = SafeBytes.line(Array(leaf.subject.utf8.prefix(200)))
        if now > end {
            it.severity = .high
            let days = Int((now - end) / Self.day)
            desk.raise(
                it, evidence: [Alarm.Evidence("days", -days)],
                "the certificate of \(flow.server) (\(name)) expired \(days) days ago: renew it")
        } else if now < start {
            let days = Int((start - now) / Self.day)
            desk.raise(
                it, evidence: [Alarm.Evidence("starts_in_days", days)],
                "the certificate of \(flow.server) (\(name)) is not valid before \(days) days from now: correct the clock, "
                    + "or wait")
        } else if end - now <= Int64(limits.certificateDays) * Self.day {
            let days = Int((end - now) / Self.day)
            it.severity = days < 7 ? .medium : .low
            desk.raise(
                it, evidence: [Alarm.Evidence("days", days)],
                "the certificate of \(flow.server) (\(name)) expires in \(days) days: renew it")
        }
        if leaf.subject == leaf.issuer {
            (it.kind, it.severity) = (.selfSigned, .low)
            desk.raise(
                it,
                "the certificate of \(flow.server) (\(name)) is signed by itself: check its fingerprint by another way, or "
                    + "let an authority sign one")
        }
        compare(leaf, it, flow)
    }

    private mutating func compare(_ leaf: CertificateFacts, _ base: AlarmCase, _ flow: WatchedFlow) {
        // A name may have one certificate for each kind of key.
        let key = stableNumber(leaf.key.utf8)
        let name = flow.name != 0 ? flow.name : flow.server.mixed(with: 0)
        let print = stableNumber(leaf.fingerprint.utf8)
        let (index, isNew) = certificates.claim(
            fold(name | 1, key ^ 0x9E37_79B9_7F4A_7C15), at: PacketTime.safe(base.sighting.time), print)
        guard !isNew, certificates[index] != print else { return }
        certificates[index] = print
        var it = base
        (it.kind, it.severity, it.subject) = (.certificateChange, .low, name)
        let words = SafeBytes.line(Array(leaf.subject.utf8.prefix(200)))
        desk.raise(
            it,
            "\(flow.server) showed another certificate (\(words)) for the same name than before: ask its administrator "
                + "whether it was replaced")
    }
}
