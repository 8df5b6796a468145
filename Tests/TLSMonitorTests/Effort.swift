import Foundation

/// How long tests that search at random may go on: longer with `CONCLAVE_FULL=1`.
enum Effort {
    static func rounds(_ usual: Int) -> Int {
        ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == "1" ? usual * 40 : usual
    }
}
