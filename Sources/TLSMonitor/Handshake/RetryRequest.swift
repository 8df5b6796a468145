import TLSWire

/// A HelloRetryRequest (RFC 8446 §4.1.4), and what the second ClientHello is held against.
struct RetryRequest {
    let suite: UInt16
    /// The group that it asks for.
    let group: UInt16?
    let cookie: [UInt8]?
    /// The ClientHello that it answers.
    private var first: ClientOffer?

    /// - Parameter first: the ClientHello that it answers.
    init(_ fields: HelloFields, after first: ClientOffer?) {
        suite = fields.suites.first ?? 0
        group = fields.retryGroup
        cookie = fields.content(44)
        self.first = first
    }

    static func judge(_ fields: HelloFields, _ offer: ClientOffer?, _ check: inout RuleCheck) {
        check.expect(
            .retryChanges, fields.has(51) || fields.has(44), "the HelloRetryRequest asks for nothing to be changed")
        let strange = fields.extensions.first { ![31, 43, 44, 51, 0xFE0D].contains($0.type) }?.type
        check.expect(
            .retryExtensionAllowed, strange == nil, "the extension \(strange ?? 0) stands in a HelloRetryRequest")
        guard let offer else { return }
        check.expect(
            .sessionEcho, fields.sessionID == offer.fields.sessionID,
            "the server did not return the session id in its HelloRetryRequest")
        check.expect(
            .suiteOffered, offer.fields.suites.contains(fields.suites.first ?? 0),
            "the HelloRetryRequest chose a cipher suite that was not offered")
        guard let group = fields.retryGroup else { return }
        check.expect(
            .retryGroupOffered, offer.groups.contains(group),
            "the HelloRetryRequest asks for \(NamedGroup(rawValue: group)), which the client does not support")
        check.expect(
            .retryGroupNew, !offer.shares.contains { $0.group == group },
            "the HelloRetryRequest asks for a key for \(NamedGroup(rawValue: group)), which the client has sent")
    }

    /// The second ClientHello was taken: nothing of the first is needed any more.
    mutating func judge(second: ClientOffer, _ check: inout RuleCheck) {
        defer { first = nil }
        check.expect(
            .retryEarlyData, !second.fields.has(42), "early data is announced again after a HelloRetryRequest")
        if let group {
            check.expect(
                .retryShare, second.shares.map(\.group) == [group],
                "the second ClientHello does not have the one key that was asked for, for \(NamedGroup(rawValue: group))"
            )
        }
        if let cookie {
            check.expect(
                .retryCookie, second.fields.content(44) == cookie, "the second ClientHello does not return the cookie")
        }
        guard let before = first?.fields else { return }
        let after = second.fields
        check.expect(
            .retrySame,
            before.legacyVersion == after.legacyVersion && before.random == after.random
                && before.sessionID == after.sessionID && before.suites == after.suites
                && before.compressions == after.compressions,
            "the second ClientHello is not the first one's: its random, session id or cipher suites differ")
        let changed = Self.change(before, after)
        check.expect(
            .retryExtensions, changed == nil,
            "the extension \(changed ?? 0) of the second ClientHello is not the first one's")
    }

    /// Key shares, early data, the cookie, pre-shared keys, padding and a hidden hello may change.
    private static let mayChange: Set<UInt16> = [21, 41, 42, 44, 51, 0xFE0D]

    private static func change(_ before: HelloFields, _ after: HelloFields) -> UInt16? {
        let left = contents(before), right = contents(after)
        return Set(left.keys).union(right.keys).sorted().first { left[$0] != right[$0] }
    }

    private static func contents(_ fields: HelloFields) -> [UInt16: [UInt8]] {
        var contents: [UInt16: [UInt8]] = [:]
        for item in fields.extensions where !mayChange.contains(item.type) {
            contents[item.type] = Array(fields.body[item.range])
        }
        return contents
    }
}
