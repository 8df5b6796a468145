import Glibc
import MonitorViews
import PacketCapture
import TLSMonitor
import Terminal

/// A file to which alarms are appended, for whatever acts on them.
final class AlarmFile {
    private let descriptor: Int32
    private let path: String
    private var objects = EventJSON()
    private var writer = JSONWriter()
    private var hasFailed = false

    /// Makes the file if it is not there, readable by its owner only.
    /// - Throws: ``CaptureError/cannotWrite(file:reason:)``.
    init(path: String) throws(CaptureError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .cannotWrite(file: path, reason: String(cString: strerror(errno)))
        }
        self.path = path
    }

    deinit { close(descriptor) }

    /// One write for each alarm, so that whoever reads along sees whole lines.
    func append(_ alarm: Alarm) {
        objects.write(.alarm(alarm), to: &writer)
        if !TerminalDevice.write(writer.bytes, to: descriptor), !hasFailed {
            hasFailed = true
            complain("alarms can no longer be written to \(path)")
        }
        writer.removeAll()
    }
}
