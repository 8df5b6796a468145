#if MLS_MUTANTS
    import Foundation

    /// In the build of `scripts/mutants` alone: the rule that is not checked, so that its test must fail.
    private let disabledRule = ProcessInfo.processInfo.environment["MLS_DISABLED_RULE"]
#endif

/// Throws ``MLSError/invalid(_:)`` with the rule unless the condition holds.
package func require(
    _ rule: ValidationRule, _ condition: @autoclosure () throws(MLSError) -> Bool
) throws(MLSError) {
    #if MLS_MUTANTS
        if disabledRule == rule.rawValue { return }
    #endif
    if try !condition() { throw .invalid(rule) }
}

/// The value that the rule demands. Without one nothing can go on, not even in the build of `scripts/mutants`: what is tested
/// there is that another error is told apart from this.
package func unwrap<Value>(_ rule: ValidationRule, _ value: Value?) throws(MLSError) -> Value {
    guard let value else {
        #if MLS_MUTANTS
            if disabledRule == rule.rawValue { throw .misuse(.notFramed) }
        #endif
        throw .invalid(rule)
    }
    return value
}
