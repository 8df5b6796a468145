import Foundation

/// How long the tests that search at random go on: longer with `CONCLAVE_FULL=1`.
enum MachineEffort {
    static var isFull: Bool { ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == "1" }

    static func rounds(_ usual: Int) -> Int { isFull ? usual * 40 : usual }

    /// The one seed that `CONCLAVE_MACHINE_SEED` names, or those given.
    static func seeds(_ usual: Range<UInt64>) -> [UInt64] {
        let named = ProcessInfo.processInfo.environment["CONCLAVE_MACHINE_SEED"].flatMap(UInt64.init)
        return named.map { [$0] } ?? Array(usual)
    }

    /// Prints what a long run did, or one that replays.
    static func tell(_ text: String) {
        if isFull || ProcessInfo.processInfo.environment["CONCLAVE_MACHINE_SEED"] != nil { print(text) }
    }
}
