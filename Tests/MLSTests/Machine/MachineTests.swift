import MLS
import MLSWire
import Testing

/// A seed that fails is printed; `CONCLAVE_MACHINE_SEED` replays it: the same steps, with other keys.
@Suite("a group under random use, RFC 9420")
struct MachineTests {
    private static let suites: [MLSCipherSuite] = [
        .p256AES128, .x25519AES128, .p256AES128, .x25519ChaCha20, .p256AES128, .p384AES256,
    ]

    @Test(
        "members agree after every step, and read what they should",
        arguments: MachineEffort.seeds(0..<UInt64(MachineEffort.rounds(6))))
    func agree(seed: UInt64) throws {
        // Suite 5 is slow: it has its turn when there is time.
        let suite = seed % 97 == 96 ? .p521AES256 : Self.suites[Int(seed % 6)]
        let capacity = MachineEffort.isFull && seed % 4 == 3 ? 30 : 12
        let machine = try Machine(seed: seed, suite: suite, capacity: capacity)
        for step in 0..<(MachineEffort.isFull ? 150 : 45) {
            do { try machine.step() } catch {
                Issue.record(
                    """
                    CONCLAVE_MACHINE_SEED=\(seed), suite \(suite), step \(step): \(error)
                    \(machine.journal.joined(separator: "\n"))
                    """)
                return
            }
        }
        MachineEffort.tell("seed \(seed): \(machine.tally.sorted { $0.key < $1.key })")
    }
}
