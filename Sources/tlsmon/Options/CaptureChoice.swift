import ArgumentParser

/// A file or an interface, and which of its packets.
struct CaptureChoice: ParsableArguments {
    @Option(
        name: [.customShort("r"), .customLong("read")],
        help: ArgumentHelp(
            "A capture file; - is standard input. Without -r the first argument is the file.", valueName: "file"))
    var file: String?

    @Argument(help: "The capture file, unless -r names it; then which packets, as in man pcap-filter.")
    var arguments: [String] = []

    /// The file that is to be read.
    var path: String? { file ?? arguments.first }
    /// In libpcap's language; empty for everything.
    var filter: String { (file == nil ? Array(arguments.dropFirst()) : arguments).joined(separator: " ") }

    /// - Throws: a usage error if there is no file.
    func requiredPath() throws -> String {
        guard let path, !path.isEmpty else {
            throw ValidationError("name a capture file, as in -r talk.pcap; - is standard input")
        }
        return path
    }
}
