import ArgumentParser
import PacketCapture
import TLSMonitor

/// A file that holds the packets of a report, and its SHA-256.
struct CaptureDigest {
    var file: String
    var sha256: String
}

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

    /// Reads a whole file.
    /// - Parameter keyLog: gets the secrets that the file holds.
    /// - Parameter tell: called now and then.
    /// - Throws: ``CaptureError``.
    static func read(
        _ path: String, filter: String, keyLog: KeyLog, into monitor: TrafficMonitor, _ tell: () -> Void
    ) throws(CaptureError) -> (CaptureFacts, CaptureDigest) {
        let file = try CaptureFile(path: path, keyLog: keyLog)
        let filter: CaptureFilter? = filter.isEmpty ? nil : try CaptureFilter(filter)
        var count = 0
        while try file.next({ packet, bytes in
            if filter?.passes(packet, bytes) ?? true { monitor.receive(packet, bytes) }
        }) {
            count += 1
            if count.isMultiple(of: 256) { tell() }
        }
        return (
            CaptureFacts(drops: file.drops, endsEarly: file.endsEarly), CaptureDigest(file: path, sha256: file.digest())
        )
    }
}
