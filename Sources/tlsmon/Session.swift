import ArgumentParser
import PacketCapture
import TLSMonitor

enum Session {
    /// - Throws: a usage error for a text that is too short.
    static func markers(_ texts: [String]) throws -> [Marker] {
        try texts.map { text in
            guard let marker = Marker(text) else {
                throw ValidationError(
                    "the marker \"\(text)\" is too short: texts of less than \(Marker.shortest) bytes turn up by chance"
                )
            }
            return marker
        }
    }

    /// The secrets in the files that were named.
    /// - Throws: ``CaptureError``, or a usage error for a file without secrets.
    static func keyLog(_ paths: [String]) throws -> KeyLog {
        let keyLog = KeyLog()
        for path in paths {
            let count = keyLog.count
            keyLog.add(try KeyLogFile.read(path))
            if keyLog.count == count {
                throw ValidationError("\(path) holds no secret of a TLS session, such as SSLKEYLOGFILE collects")
            }
        }
        return keyLog
    }

    /// Reads a whole file, locked down: nothing can be opened any more when its first packet is parsed.
    /// - Parameters:
    ///   - path: `-` for standard input.
    ///   - keyLog: gets the secrets that the file holds.
    ///   - writing: paths of files that will be made or replaced after that; their folders stay open to it.
    ///   - isVerbose: whether it is told what was locked down.
    ///   - progress: is told how far it is.
    ///   - tell: called now and then.
    /// - Throws: ``CaptureError``.
    static func read(
        _ path: String, filter: String, keyLog: KeyLog, into monitor: TrafficMonitor, writing: [String] = [],
        isVerbose: Bool = false, progress: ReadProgress? = nil, _ tell: () -> Void
    ) throws(CaptureError) -> (CaptureFacts, CaptureDigest) {
        let file = try CaptureFile(path: path, keyLog: keyLog)
        let filter: CaptureFilter? = filter.isEmpty ? nil : try CaptureFilter(filter)
        try lockDown(writing: writing, isVerbose: isVerbose)
        var count = 0
        while try file.next({ packet, bytes in
            if filter?.passes(packet, bytes) ?? true { monitor.receive(packet, bytes) }
        }) {
            count += 1
            if count.isMultiple(of: 256) {
                tell()
                progress?.update(file.bytesRead)
            }
        }
        progress?.clear()
        return (file.facts, CaptureDigest(file: path, sha256: file.digest()))
    }

    /// In which a file is.
    static func folder(_ path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// Gives up what is not needed to read what is open.
    private static func lockDown(writing: [String], isVerbose: Bool) throws(CaptureError) {
        // Who still has to write files stays who they are, without root's rights.
        let user = try Privileges.drop(changesUser: writing.isEmpty)
        let lockdown = try Lockdown.enter(Lockdown.Needs(writableFolders: writing.map(folder)), as: user)
        if isVerbose { complain(lockdown.summary) }
    }
}
