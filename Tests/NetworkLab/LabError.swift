import Glibc

/// Why a test's network could not be made or used: a fault of the machine or of the test, never of what is tested.
package struct LabError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    /// With the words of the last system call that failed.
    init(errno code: Int32, _ what: String) {
        description = "\(what): \(String(cString: strerror(code)))"
    }
}

/// Fails with the words of `errno` unless `result` is 0 or more.
@discardableResult
func check(_ result: Int32, _ what: @autoclosure () -> String) throws(LabError) -> Int32 {
    if result < 0 {
        let code = errno
        throw LabError(errno: code, what())
    }
    return result
}
