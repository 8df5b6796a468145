import ArgumentParser
import PacketCapture

/// Which interfaces, how, for how long, and whether to keep the packets.
struct LiveOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The interface to capture on, or any; may be given several times. tlsmon list shows them.",
            valueName: "name"))
    var interface: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Keep the packets in this file: pcapng, or pcap if it is named so.", valueName: "file"))
    var write: String?

    @Option(
        name: [.customShort("a"), .customLong("autostop")],
        help: ArgumentHelp(
            "When to end: duration:60 (seconds), packets:1000, filesize:5000 (kilobytes). May be given several times.",
            valueName: "name:value"))
    var stops: [String] = []

    @Option(
        name: [.customShort("b"), .customLong("ring-buffer")],
        help: ArgumentHelp(
            "With -w, when to go on in a new file: filesize:10000 (kilobytes), duration:3600 (seconds); files:24 keeps the last.",
            valueName: "name:value"))
    var rotations: [String] = []

    @Option(name: .customLong("duration"), help: ArgumentHelp("The same as -a duration:60.", valueName: "seconds"))
    var seconds: Double?

    @Option(name: .customShort("c"), help: ArgumentHelp("End after so many packets.", valueName: "number"))
    var count: Int?

    @Option(
        name: [.customShort("s"), .customLong("snapshot-length")],
        help: ArgumentHelp("Bytes of each packet that are kept. What is cut off cannot be proven.", valueName: "bytes"))
    var snapshotLength = 262_144

    @Option(
        name: [.customShort("B"), .customLong("buffer-size")],
        help: ArgumentHelp("The kernel's buffer for each interface: larger if packets are lost.", valueName: "MiB"))
    var bufferMiB = 16

    @Flag(
        name: [.customShort("p"), .customLong("no-promiscuous-mode")],
        help: "Capture only what is for this machine.")
    var isNotPromiscuous = false

    @Option(
        name: [.customShort("Z"), .customLong("relinquish-privileges")],
        help: ArgumentHelp(
            "Whom root becomes once everything is open: the user who called sudo, or else nobody. root keeps the name, and no right.",
            valueName: "user"))
    var user: String?

    /// Whether anything was asked for that only capturing can do.
    var isUsed: Bool { write != nil || !stops.isEmpty || !rotations.isEmpty || seconds != nil || count != nil }

    /// - Throws: ``CaptureError/badSetting(_:)``.
    func options(filter: String, isVerbose: Bool = false, isQuiet: Bool = false) throws(CaptureError) -> CaptureOptions
    {
        var options = CaptureOptions(interfaces: interface, filter: filter)
        options.file = write
        for stop in stops { try options.addStop(stop) }
        for rotation in rotations { try options.addRotation(rotation) }
        options.stop.seconds = [options.stop.seconds, seconds].compactMap { $0 }.min()
        options.stop.packets = [options.stop.packets, count].compactMap { $0 }.min()
        options.snapshotLength = snapshotLength
        options.bufferMiB = bufferMiB
        options.isPromiscuous = !isNotPromiscuous
        options.user = user
        options.isVerbose = isVerbose
        options.isQuiet = isQuiet
        return options
    }

    func validate() throws {
        if let seconds, !(seconds >= 0 && seconds <= 1e9) { throw ValidationError("--duration is a number of seconds") }
        if let count, count < 1 { throw ValidationError("-c is a number of packets from 1") }
        do {
            var options = try options(filter: "")
            if options.interfaces.isEmpty { options.interfaces = ["lo"] }
            try options.check()
        } catch {
            throw ValidationError("\(error)")
        }
    }
}
