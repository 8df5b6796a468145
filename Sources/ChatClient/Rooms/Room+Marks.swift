import ChatWire
import Crypto
import TLSSyntax

/// Telling the server how far this device has stored the log, and finding out by that if the server was set back.
extension Room {
    /// Tells, if there is news and it is time. Seldom: in a large room all devices have the same news.
    func markIfDue() {
        guard hasNewsOfItself else { return marks.due = nil }
        guard let due = marks.due else {
            return marks.due =
                host.now + host.settings.markAfter + host.jitter(below: 20 * UInt64(clamping: memberCount))
        }
        if host.now >= due { mark() }
    }

    /// Tells at once, since the connection is going to end.
    func markFinally() {
        if hasNewsOfItself { mark() }
    }

    /// Whether the server does not know how far this device has come.
    private var hasNewsOfItself: Bool { phase == .active && isCaughtUp && cursor.sequence > marks.sent }

    /// What was processed is on the disk before this goes out: both are of one output.
    private func mark() {
        marks.due = nil
        marks.sent = cursor.sequence
        ask(.mark(cursor.sequence))
    }

    /// The server has stored it.
    func marked(_ place: UInt64) {
        guard phase == .active, place <= cursor.sequence, place > marks.confirmed else { return }
        marks.confirmed = place
        saveMarks()
    }

    /// It has not, and will be told again later.
    func markFailed(_ failure: Failure) {
        if failure.canRetry { marks.sent = min(marks.sent, marks.confirmed) }
    }

    /// Takes in what the server knows of this device as it enters.
    /// - Returns: what was confirmed, if the server has forgotten it although it knows this device. If it knows nothing of it, this
    ///   device may have been out of the room meanwhile.
    func compareCursor(_ status: RoomStatus) -> UInt64? {
        let (confirmed, told) = (marks.confirmed, min(status.cursor, cursor.sequence))
        marks.sent = told
        marks.due = nil
        guard told != confirmed else { return nil }
        marks.confirmed = told
        saveMarks()
        return told > 0 && told < confirmed ? confirmed : nil
    }

    /// The log is another one from here on, or this device is new in it.
    func forgetMarks() {
        guard marks != Marks() else { return }
        marks = Marks()
        write(.marks, id.bytes, nil)
    }

    private func saveMarks() {
        var bytes = marks.encoded
        write(.marks, id.bytes, SymmetricKey(wiping: &bytes))
    }

    func restoreMarks() throws(StoreError) {
        guard let record = try store.value(in: .marks, at: id.bytes) else { return }
        do throws(SyntaxError) {
            marks = try record.read { (reader) throws(SyntaxError) in try Marks(from: &reader) }
        } catch {
            throw .damaged("how far the server was told of room \(id): \(error)")
        }
    }
}
