/// What a client calls a request, and the server repeats in its answer. 0 stands for "no request".
package struct RequestID: Hashable, Sendable {
    package var number: UInt32

    package init(_ number: UInt32) {
        self.number = number
    }

    /// In an answer: it is about no request of the client's.
    package static let none = RequestID(0)
}
