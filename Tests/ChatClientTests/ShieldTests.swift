import Chat
import ChatClient
import Testing

@Suite("the shield")
struct ShieldTests {
    private func shield(_ change: (inout Shield.Facts) throws -> Void) rethrows -> Shield {
        var facts = Shield.Facts()
        facts.isVerified = true
        try change(&facts)
        return Shield(facts)
    }

    @Test("verified only if somebody compared the code and nothing has changed since")
    func verified() throws {
        #expect(shield { _ in }.level == .verified)
        #expect(shield { $0.isVerified = false }.level == .protected)
        let changed = try shield { $0.newDevices = [try Sample.device("carol/phone")] }
        #expect(changed.level == .protected)
        #expect(
            changed.reason
                == "End-to-end encrypted. carol/phone came since you compared the code: compare /verify again.")
    }

    @Test("a fork, a grave finding and a new key are warnings, even in a verified room")
    func warnings() throws {
        let bob = try Sample.device("bob/phone")
        let fork = shield { $0.isForked = true }
        #expect(fork.level == .warning && fork.reason.contains("different histories"))
        let finding = shield { $0.findings = [.replay(of: bob, at: 1), .rollback(from: 9, to: 4), .rewritten(at: 2)] }
        #expect(finding.level == .warning)
        #expect(finding.reason.hasPrefix("The server has forgotten messages: its log was set back to 4"))
        #expect(finding.reason.hasSuffix("(and 1 more: /status)"))
        let key = shield { $0.newKeys = [bob] }
        #expect(key.level == .warning)
        #expect(
            key.reason
                == "bob/phone has a new key. Ask bob whether that is so, compare /verify, and confirm with /verify ok.")
    }

    @Test("what hurts nothing is told, and takes the verification away, but does not alarm")
    func calm() throws {
        let bob = try Sample.device("bob/phone")
        let replay = shield { $0.findings = [.replay(of: bob, at: 1)] }
        #expect(replay.level == .protected && replay.reason.contains("a second time"))
        #expect(shield { $0.isRejoining = true }.level == .protected)
        #expect(shield { $0.isRemoved = true }.reason.contains("no longer in the room"))
    }

    @Test("every finding is either grave and a warning, or not and none", arguments: try StoredMessageTests.findings())
    func findings(finding: Finding) {
        let shield = shield { $0.findings = [finding] }
        #expect(shield.level == (finding.isGrave ? .warning : .protected))
        #expect(shield.reason.contains(finding.sentence) && shield.reason.contains(finding.advice))
    }

    @Test("the auditor is named, whatever the state")
    func auditor() throws {
        let eve = try Sample.user("eve")
        for isForked in [false, true] {
            let present = shield { ($0.isForked, $0.auditor, $0.isAuditorPresent) = (isForked, eve, true) }
            #expect(present.reason.hasSuffix(" By this room's rule eve reads along as its auditor."))
            let absent = shield { ($0.isForked, $0.auditor) = (isForked, eve) }
            #expect(absent.reason.hasSuffix(" By this room's rule eve is its auditor, and is not in the room now."))
        }
        #expect(!shield { _ in }.reason.contains("auditor"))
    }

    @Test("of many devices three are named")
    func many() throws {
        let devices = try (1...5).map { try Sample.device("user\($0)/pc") }
        let shield = shield { $0.newKeys = devices }
        #expect(shield.reason.hasPrefix("user1/pc, user2/pc, user3/pc and 2 more have new keys."))
        #expect(Set(Shield.Level.allCases.map(\.rawValue)).count == 3)
        #expect(shield.word == "warning")
    }
}
