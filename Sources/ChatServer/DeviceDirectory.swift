import Chat
import ChatWire
import NIOCore
import Synchronization

/// Key packages, waiting welcomes and revocations, for all event loops. Messages to rooms do not touch it.
package final class DeviceDirectory: Sendable {
    private let book: Mutex<DeviceBook>

    init(_ book: DeviceBook) {
        self.book = Mutex(book)
    }

    /// Asks the book.
    func with<Result: Sendable, Error: Swift.Error>(
        _ body: (inout sending DeviceBook) throws(Error) -> sending Result
    ) throws(Error) -> sending Result {
        try book.withLock(body)
    }

    /// Changes the book; nobody else does meanwhile.
    /// - Parameter changes: gets what is to be stored then.
    func change<Result: Sendable, Error: Swift.Error>(
        _ changes: inout DeviceBook.Changes, _ body: (inout DeviceBook) throws(Error) -> Result
    ) throws(Error) -> Result {
        let (result, changed) = book.withLock { book in
            let result = Swift.Result<Result, Error> { () throws(Error) in try body(&book) }
            return (result, book.takeChanges())
        }
        if !changed.isEmpty { changes.add(changed) }
        return try result.get()
    }

    /// What is to be stored there, as it is now.
    func writes(_ keys: Set<DeviceBook.StoreKey>) -> [StoreWrite] {
        with { book in keys.map { book.write($0) } }
    }
}
