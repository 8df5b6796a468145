import Glibc
import Synchronization

/// A TCP connection to a ``LabListeners`` that stays open.
package final class LabSession: Sendable {
    private let descriptor: Int32
    private let count = Atomic<UInt8>(0)

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Whether it still lives: says something, and hears it back.
    package func isAlive(within seconds: Double = 0.4) async -> Bool {
        let thread = LabThread.start { [self] in
            let word = count.wrappingAdd(1, ordering: .relaxed).newValue
            guard send(descriptor, [word], 1, noSignal) == 1 else { return false }
            let end = ContinuousClock.now + .seconds(seconds)
            // What was said before may come late, and first.
            while true {
                let left = (end - ContinuousClock.now) / .seconds(1)
                guard left > 0, awaitEvents(descriptor, POLLIN, within: left) else { return false }
                var answer: [UInt8] = [0]
                guard recv(descriptor, &answer, 1, 0) == 1 else { return false }
                if answer[0] == word { return true }
            }
        }
        guard let thread else { return false }
        return await thread.value
    }
}
