/// What to capture, how, until when, and where to keep it.
public struct CaptureOptions: Sendable, Hashable {
    /// Names; `any` is all of Linux'.
    public var interfaces: [String]
    /// In libpcap's language; empty for everything.
    public var filter = ""
    /// The kernel's buffer for each interface, in MiB: a burst of 100 MB fits through 16.
    public var bufferMiB = 16
    /// Bytes of each packet that are kept.
    public var snapshotLength = 262_144
    /// Whether packets for others are captured, too.
    public var isPromiscuous = true
    /// Whom root becomes; see ``Privileges/drop(to:changesUser:)``.
    public var user: String?
    /// Where packets are kept.
    public var file: String?
    /// `nil`: pcap for a name that ends with `.pcap` or `.cap`, otherwise pcapng.
    public var format: CaptureFormat?
    public var rotation = Rotation()
    public var stop = Stop()
    /// Whether it is told what was done to open and to lock down; whether nothing is told but problems.
    public var isVerbose = false
    public var isQuiet = false

    public init(interfaces: [String], filter: String = "") {
        self.interfaces = interfaces
        self.filter = filter
    }

    /// When the next file begins, and how many are kept.
    public struct Rotation: Sendable, Hashable {
        /// Of 1,000 bytes.
        public var kilobytes: Int?
        public var seconds: Double?
        /// The oldest file is removed when there would be more.
        public var files: Int?

        public var isOn: Bool { kilobytes != nil || seconds != nil }

        public init() {}
    }

    /// When capturing ends; what comes first.
    public struct Stop: Sendable, Hashable {
        public var seconds: Double?
        public var packets: Int?
        /// Of 1,000 bytes, written to files.
        public var kilobytes: Int?

        public init() {}
    }

    /// `duration:60`, `packets:1000`, `filesize:5000`, as `-a` has it.
    /// - Throws: ``CaptureError/badSetting(_:)``.
    public mutating func addStop(_ text: String) throws(CaptureError) {
        switch Self.split(text) {
        case ("duration", let value)?: stop.seconds = try Self.seconds(value, text)
        case ("packets", let value)?: stop.packets = try Self.count(value, text)
        case ("filesize", let value)?: stop.kilobytes = try Self.count(value, text)
        default:
            throw .badSetting(
                "-a \(text) is not understood; it takes duration:SECONDS, packets:NUMBER or filesize:KILOBYTES")
        }
    }

    /// `filesize:10000`, `duration:3600`, `files:24`, as `-b` has it.
    /// - Throws: ``CaptureError/badSetting(_:)``.
    public mutating func addRotation(_ text: String) throws(CaptureError) {
        switch Self.split(text) {
        case ("duration", let value)?: rotation.seconds = try Self.seconds(value, text)
        case ("files", let value)?: rotation.files = try Self.count(value, text)
        case ("filesize", let value)?: rotation.kilobytes = try Self.count(value, text)
        default:
            throw .badSetting(
                "-b \(text) is not understood; it takes filesize:KILOBYTES, duration:SECONDS or files:NUMBER")
        }
    }

    /// What is out of range, or contradicts another.
    /// - Throws: ``CaptureError/badSetting(_:)``.
    public func check() throws(CaptureError) {
        guard !interfaces.isEmpty else { throw .badSetting("name an interface with -i; tlsmon list shows them") }
        guard interfaces.count <= 32 else { throw .badSetting("32 interfaces are the most") }
        guard Set(interfaces).count == interfaces.count else {
            throw .badSetting("an interface is named twice with -i")
        }
        guard (1...2_047).contains(bufferMiB) else { throw .badSetting("-B is a buffer of 1 to 2047 MiB") }
        guard (64...262_144).contains(snapshotLength) else {
            throw .badSetting("-s is 64 to 262144 bytes of each packet; 0 is not needed, the default keeps them whole")
        }
        if rotation.files != nil, !rotation.isOn {
            throw .badSetting("-b files:NUMBER needs -b filesize:KILOBYTES or -b duration:SECONDS to begin new files")
        }
        if rotation.isOn, file == nil { throw .badSetting("-b needs -w FILE") }
        if stop.kilobytes != nil, file == nil { throw .badSetting("-a filesize:KILOBYTES needs -w FILE") }
    }

    private static func split(_ text: String) -> (String, Substring)? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        return (String(text[..<colon]), text[text.index(after: colon)...])
    }

    private static func count(_ value: Substring, _ text: String) throws(CaptureError) -> Int {
        guard let number = Int(value), (1...1 << 50).contains(number) else {
            throw .badSetting("\(text) needs a whole number from 1")
        }
        return number
    }

    private static func seconds(_ value: Substring, _ text: String) throws(CaptureError) -> Double {
        guard let number = Double(value), number > 0, number <= 1e9 else {
            throw .badSetting("\(text) needs a number of seconds")
        }
        return number
    }
}

/// How packets are kept.
public enum CaptureFormat: String, Sendable, Hashable, CaseIterable {
    /// One link type, and no word on packets that were lost.
    case pcap
    case pcapng
}

/// What an interface did since capturing began.
public struct InterfaceStatistics: Sendable, Hashable {
    public var interface: String
    /// Packets that passed the filter; on the loopback interface libpcap counts each of them twice.
    public var received: Int
    /// Lost because the kernel's buffer was full.
    public var dropped: Int
    /// Lost by the interface itself.
    public var droppedByInterface: Int

    public init(interface: String, received: Int, dropped: Int, droppedByInterface: Int) {
        self.interface = interface
        self.received = received
        self.dropped = dropped
        self.droppedByInterface = droppedByInterface
    }

    public var lost: Int { dropped + droppedByInterface }
}
