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

    /// Reads a whole file.
    /// - Parameter tell: called now and then.
    /// - Throws: ``CaptureError``.
    static func read(
        _ path: String, filter: String, into monitor: TrafficMonitor, _ tell: () -> Void
    ) throws(CaptureError) -> (CaptureFacts, CaptureDigest) {
        let file = try CaptureFile(path: path)
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
