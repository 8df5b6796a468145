package import ChatWire

/// What the shell does for a session, after it has written what was to be written.
package enum ClientAction: Sendable {
    /// Open a connection to the server.
    case connect
    case send(ClientFrame)
    /// Close the connection.
    case close
    /// Call ``ClientSession/retry()`` after so many milliseconds.
    case retry(after: Int)
    /// Tell a person.
    case show(ClientEvent)
    /// The session is over.
    case finish(ClientEnd)
}

/// How a session ended.
package enum ClientEnd: Hashable, Sendable {
    /// As somebody wished.
    case quit
    /// As somebody wished, but so many messages had not gone out; they are kept, and go out the next time.
    case unsent(Int)
    /// No further attempt would help, for this reason.
    case refused(String)
}

/// What came of what happened. The writes are one transaction, which is on the disk before any action is carried out.
package struct ClientOutput: Sendable {
    package var writes: [RecordWrite] = []
    package var actions: [ClientAction] = []

    package var isEmpty: Bool { writes.isEmpty && actions.isEmpty }
}
