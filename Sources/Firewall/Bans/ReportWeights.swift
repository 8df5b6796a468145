extension Report.Kind {
    /// Points of one such report, where the reporter has no better ones; ``BanLimits/threshold`` bans.
    package var weight: Int {
        switch self {
        // Health checks, browsers and scanners of the whole internet do these once or twice.
        case .noCertificate, .badHandshake: 1
        // A device whose certificate expired tries again and again too.
        case .badCertificate, .quotaAbuse: 2
        // No client of ours sends such frames: two are enough.
        case .protocolAbuse: 5
        case .alarm, .manual: 1
        }
    }
}

extension Report {
    /// An alarm of tlsmon.
    /// - Parameter name: `port_scan`.
    package init(alarm name: String, _ addresses: [IPAddress], isForgeable: Bool, detail: String) {
        self.init(
            .alarm, addresses, isForgeable: isForgeable, weight: Self.weight(ofAlarm: name),
            detail: Self.printable(detail.isEmpty ? name : "\(name): \(detail)"))
    }

    /// Points of an alarm by its name. An alarm sums up many packets already, so one of an attack bans at once, if it cannot be forged. What says something about a server's
    /// settings, or that may be an accident, counts least, and so do names that are not known.
    package static func weight(ofAlarm name: String) -> Int {
        switch name {
        case "port_scan", "syn_flood", "heartbleed": 10
        case "alert_burst": 5
        case "plaintext": 3
        default: 1
        }
    }

    /// Whether an alarm of that name is about what its source does to this machine. Others tell of a server's settings, of a device on the way that hides behind the
    /// address, or of something that people do: nobody is to be banned for these.
    package static func isOffence(alarm name: String) -> Bool {
        switch name {
        case "port_scan", "syn_flood", "heartbleed", "alert_burst", "plaintext": true
        default: false
        }
    }
}
