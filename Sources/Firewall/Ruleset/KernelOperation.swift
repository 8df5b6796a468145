/// One change of our table `inet conclave`. Several in one ``KernelTransaction`` come into force together, or none does.
package enum KernelOperation: Hashable, Sendable {
    /// Creates the table unless it is there.
    case addTable(isProtected: Bool)
    /// Deletes the table with all that is in it; fails where there is none.
    case deleteTable
    /// Creates a counter unless it is there; one that is there goes on counting.
    case addCounter(String)
    case deleteCounter(String)
    /// Creates a set with its elements. One that is there with the same form stays, and gets those elements that it lacks.
    case addSet(NamedSet)
    /// Deletes a set that no rule asks any more. Maps are flushed first: before Linux 6.4 only so do they let go of the chains they name.
    case deleteSet(String)
    /// Adds elements. One that is there already stays as it is, with the time it has left, and this is no error.
    /// To give an element a new time whether or not it is there, a transaction adds, deletes and adds it: a kernel before 6.12 does not
    /// change the time of an element, and one that is not there cannot be deleted.
    case addElements(set: NamedSet, [NamedSet.Element])
    /// Deletes elements; fails where one is not there. Only ``NamedSet/Element/first`` and ``NamedSet/Element/last`` count.
    case deleteElements(set: NamedSet, [NamedSet.Element])
    /// Deletes all elements of a set.
    case flushSet(String)
    /// Creates a chain without its rules, unless it is there.
    case addChain(FirewallChain)
    /// Deletes all rules of a chain.
    case flushChain(String)
    /// Deletes a chain without rules to which nothing leads any more.
    case deleteChain(String)
    /// Adds a rule at the end of a chain.
    case addRule(chain: String, FirewallChain.Rule)
}

/// Changes that come into force at one moment, for every packet.
package struct KernelTransaction: Hashable, Sendable {
    package var operations: [KernelOperation]

    package init(_ operations: [KernelOperation] = []) { self.operations = operations }

    package static func + (left: KernelTransaction, right: KernelTransaction) -> KernelTransaction {
        KernelTransaction(left.operations + right.operations)
    }
}
