/// What a counter of the kernel has counted.
package struct CounterAmount: Hashable, Sendable {
    package var packets: UInt64
    package var bytes: UInt64

    package init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }

    package var isZero: Bool { packets == 0 && bytes == 0 }

    package static func &+= (left: inout CounterAmount, right: CounterAmount) {
        left.packets &+= right.packets
        left.bytes &+= right.bytes
    }
}

/// Makes of what counters say by how much they have grown. The kernel's begin anew whenever the table is made anew; growth then begins at zero, too.
package struct CounterGrowth: Sendable {
    private var before: [String: CounterAmount]?

    package init() {}

    /// By how much each has grown since the last call; those that have not are left out. The first call only looks: what was counted before is not of this run.
    package mutating func growth(to now: [String: CounterAmount]) -> [String: CounterAmount] {
        defer { before = now }
        guard let before else { return [:] }
        var growth: [String: CounterAmount] = [:]
        for (name, amount) in now {
            let last = before[name] ?? CounterAmount()
            let isReset = amount.packets < last.packets || amount.bytes < last.bytes
            let grown =
                isReset
                ? amount : CounterAmount(packets: amount.packets - last.packets, bytes: amount.bytes - last.bytes)
            if !grown.isZero { growth[name] = grown }
        }
        return growth
    }
}
