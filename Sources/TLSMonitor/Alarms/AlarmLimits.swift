/// When an alarm is raised.
///
/// ``all`` lists every number with its name, unit and range; ``set(_:_:)`` sets one from what a person wrote.
public struct AlarmLimits: Hashable, Sendable {
    /// Ports on which TLS is expected from the first byte.
    public var tlsPorts: Set<UInt16> = [443, 7443, 8443]
    /// Ports on which every new talker is told.
    public var chatPorts: Set<UInt16> = [7443]
    /// Ports on which TLS is agreed on after a greeting in the clear: FTP, SMTP, POP3, IMAP, XMPP.
    public var upgradePorts: Set<UInt16> = [21, 25, 110, 143, 587, 5222, 5269]
    /// Addresses that are no news on the chat port. If there are any, none is learned.
    public var knownTalkers: Set<IPAddress> = []
    /// Kinds that are not raised.
    public var off: Set<Alarm.Kind> = []

    // All kinds.
    /// Seconds in which the same alarm is raised once, and then counted.
    public var repeatSeconds = 60
    /// The same, for kinds that are about what a server is.
    public var stateRepeatSeconds = 3_600
    /// Alarms of one kind in that time.
    public var alarmsPerKind = 60

    // Connections.
    /// Seconds within which an opened connection is answered and completed.
    public var answerSeconds = 3
    public var scanSeconds = 60
    public var scanPorts = 15
    public var scanHosts = 25
    public var scanTargets = 100
    public var floodSeconds = 10
    public var floodSyns = 200
    /// Percent of the connections that were begun.
    public var floodPercent = 50
    public var alertSeconds = 60
    public var alerts = 10

    // Amounts.
    public var rateSeconds = 10
    public var rateWarmup = 6
    public var rateTimes = 10
    public var rateBytes = 16 << 20
    public var sizeWarmup = 64
    public var sizeTimes = 8
    public var sizeBytes = 4_096
    public var sizeRecords = 64

    // The rest.
    public var certificateDays = 30
    public var learnSeconds = 300

    public init() {}
}
