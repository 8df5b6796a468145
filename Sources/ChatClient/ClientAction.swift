package import ChatWire

/// What the shell does for a ``ClientSession``.
package enum ClientAction: Hashable, Sendable {
    case connect
    case send(ClientFrame)
    /// Say goodbye to the server.
    case close
    /// Call ``ClientSession/retry()`` after so many milliseconds.
    case retry(after: Int)
    case show(ClientEvent)
    /// It is over, for a person's wish or for this reason.
    case finish(ClientEnd)
}

/// How a session ends.
package enum ClientEnd: Hashable, Sendable {
    case quit
    /// All is said, but so many messages did not go out.
    case unsent(Int)
    /// Trying again cannot help until somebody does something.
    case refused(String)
}
