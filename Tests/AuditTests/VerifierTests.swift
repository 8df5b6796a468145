import Audit
import Chat
import Testing

@Suite("the verifier of the audit log")
struct VerifierTests {
    @Test("finds nothing in a log that nobody touched, with and without an old checkpoint")
    func intact() throws {
        let log = try Log(95)
        let report = log.verify()
        #expect(report.isIntact)
        #expect((report.count, report.first, report.last) == (95, 1, 95))
        #expect(report.checkpoints == 9)
        #expect(report.latest?.size == 90)
        for size in [1, 10, 37, 95] { #expect(log.verify(given: try log.checkpoint(after: size)).isIntact) }
    }

    @Test("names the record that was edited", arguments: [1, 2, 50, 94, 95])
    func edited(number: Int) throws {
        var log = try Log(95)
        log.edit(number)
        #expect(log.verify().findings == [.changed(UInt64(number)...UInt64(number))])
    }

    @Test("names the record whose hash was edited, and the one after it", arguments: [1, 41, 94])
    func hashEdited(number: Int) throws {
        var log = try Log(95)
        let record = log.records[number - 1]
        let hash = try #require(AuditHash(bytes: record.hash.bytes.map { $0 ^ 1 }))
        log.records[number - 1] = AuditRecord(number: record.number, event: record.event, hash: hash)
        #expect(log.verify().findings == [.changed(UInt64(number)...UInt64(number + 1))])
    }

    @Test("names the records that were deleted", arguments: [1...1, 2...2, 40...60, 1...30])
    func deleted(range: ClosedRange<Int>) throws {
        var log = try Log(95)
        log.records.removeSubrange(range.lowerBound - 1...range.upperBound - 1)
        #expect(log.verify().findings == [.missing(UInt64(range.lowerBound)...UInt64(range.upperBound))])
    }

    @Test("finds records that were deleted and the rest numbered and hashed anew, by the stored checkpoints")
    func renumbered() throws {
        var log = try Log(95)
        log.records.remove(at: 34)
        log.rehash()
        let findings = log.verify().findings
        #expect(findings.first == .rewritten(good: 30, log.checkpoints[3], .stored))
        #expect(findings.count == 6)
    }

    @Test("finds records that changed places", arguments: [(1, 2), (30, 31), (10, 80)])
    func reordered(first: Int, second: Int) throws {
        var log = try Log(95)
        let (a, b) = (log.records[first - 1], log.records[second - 1])
        log.records[first - 1] = AuditRecord(number: a.number, event: b.event, hash: b.hash)
        log.records[second - 1] = AuditRecord(number: b.number, event: a.event, hash: a.hash)
        let report = log.verify()
        guard case .changed(let range)? = report.findings.first else {
            Issue.record("\(report.findings)")
            return
        }
        #expect(range.lowerBound == UInt64(first))
    }

    @Test("finds an end that was cut off, by a stored checkpoint or by one that was kept elsewhere")
    func truncated() throws {
        let whole = try Log(95)
        var log = whole
        log.records.removeLast(10)
        #expect(log.verify().findings == [.endsEarly(last: 85, whole.checkpoints[8], .stored)])
        // Whoever also deletes the checkpoint is found by another.
        log.checkpoints.removeLast()
        #expect(log.verify().isIntact, "nothing in the database tells")
        let kept = try whole.checkpoint(after: 86)
        #expect(log.verify(given: kept).findings == [.endsEarly(last: 85, kept, .given)])
    }

    @Test("finds that all was deleted")
    func emptied() throws {
        let whole = try Log(20)
        var log = whole
        log.records = []
        #expect(log.verify().findings == [.endsEarly(last: 0, whole.checkpoints[1], .stored)])
        log.checkpoints = []
        #expect(log.verify().isIntact, "a new log")
        #expect(log.verify(given: whole.checkpoints[0]).findings.count == 1)
    }

    @Test("finds a tail that was rewritten without the key, between two checkpoints")
    func rewrittenWithoutKey() throws {
        var log = try Log(95)
        log.edit(63)
        log.rehash()
        let report = log.verify()
        #expect(report.findings.first == .rewritten(good: 60, log.checkpoints[6], .stored))
        #expect(report.findings.first?.records == 61...70)
    }

    @Test(
        "finds a tail that was rewritten and signed anew with the stolen key, given one old checkpoint, and only from there"
    )
    func rewrittenWithKey() throws {
        let whole = try Log(95)
        var log = whole
        log.edit(63)
        log.rehash()
        log.checkpoints = try stride(from: 10, through: 90, by: 10).map { try log.checkpoint(after: $0) }
        #expect(log.verify().isIntact, "the key is stolen: nothing in the database tells")
        let before = try whole.checkpoint(after: 62)
        #expect(log.verify(given: before).isIntact)
        for size in [63, 64, 95] {
            let kept = try whole.checkpoint(after: size)
            let findings = log.verify(given: kept).findings
            #expect(findings == [.rewritten(good: 0, kept, .given)])
        }
        // With several, the place is known better.
        let later = try whole.checkpoint(after: 70)
        var verifier = AuditVerifier(keys: [log.key.publicKey], cut: nil, given: [later, before])
        for record in log.records { verifier.take(record) }
        #expect(verifier.finish().findings == [.rewritten(good: 62, later, .given)])
    }

    @Test("compares with a checkpoint whose record was deleted without calling it old")
    func givenOfMissing() throws {
        var log = try Log(95)
        let kept = try log.checkpoint(after: 45)
        log.records.removeSubrange(39...59)
        #expect(log.verify(given: kept).findings == [.missing(40...60)])
    }

    @Test("takes a cut that is signed, and no other beginning")
    func cut() throws {
        let whole = try Log(95)
        var log = whole
        log.cut = try whole.checkpoint(.cut, after: 30)
        log.records.removeFirst(30)
        log.checkpoints.removeFirst(3)
        let report = log.verify()
        #expect(report.isIntact)
        #expect((report.first, report.count) == (31, 65))
        #expect(
            log.verify(given: whole.checkpoints[2]).isIntact, "of the last record that was dropped, the hash is known")
        let old = whole.checkpoints[1]
        #expect(log.verify(given: old).findings == [.notKept(old, first: 31)])

        var more = log
        more.records.removeFirst()
        #expect(more.verify().findings == [.missing(31...31)])
        var unsigned = log
        unsigned.cut = nil
        #expect(unsigned.verify().findings == [.missing(1...30)])
        var checkpointForCut = log
        checkpointForCut.cut = try whole.checkpoint(.cut, after: 30, by: AuditKey())
        #expect(checkpointForCut.verify().findingCount > 0)
        var undead = whole
        undead.cut = log.cut
        #expect(undead.verify().findings.contains(.undead(through: 30)))
        var edited = log
        edited.edit(1)
        let record = whole.records[30]
        edited.records[0] = AuditRecord(number: 31, event: Log.event(31, "other").encoded, hash: record.hash)
        #expect(edited.verify().findings == [.changed(31...31)])
    }

    @Test("takes no checkpoint of another key, and none that was changed")
    func keys() throws {
        var log = try Log(20)
        let thief = AuditKey()
        log.checkpoints[0] = try log.checkpoint(after: 10, by: thief)
        #expect(log.verify().findings == [.unknownKey(log.checkpoints[0], .stored)])
        #expect(log.verify(keys: [thief.publicKey, log.key.publicKey]).isIntact, "a former key, given as well")
        let text = try log.checkpoint(after: 20).text.replacing("size 20", with: "size 19")
        let changed = try #require(AuditStatement(text))
        #expect(log.verify(given: changed).findings.contains(.forged(changed, .given)))
        log.checkpoints[0] = try log.checkpoint(.cut, after: 10)
        #expect(log.verify().findings == [.forged(log.checkpoints[0], .stored)], "a cut is no checkpoint")
    }

    @Test("without keys looks at all but the signatures")
    func noKeys() throws {
        var log = try Log(20)
        log.checkpoints[0] = try log.checkpoint(after: 10, by: AuditKey())
        func verify() -> AuditReport {
            var verifier = AuditVerifier(keys: nil, cut: nil)
            for record in log.records { verifier.take(record) }
            for checkpoint in log.checkpoints.suffix(1) { verifier.take(checkpoint) }
            return verifier.finish()
        }
        #expect(verify().isIntact)
        log.edit(7)
        #expect(verify().findings == [.changed(7...7)])
        log.rehash()
        #expect(verify().findings == [.rewritten(good: 0, log.checkpoints[1], .stored)])
    }

    @Test("counts what it finds, and keeps not more than a hundred")
    func bounded() throws {
        var log = try Log(1_000)
        for number in stride(from: 2, through: 1_000, by: 2) { log.edit(number) }
        let report = log.verify()
        #expect(report.findingCount == 500)
        #expect(report.findings.count == 100)
    }

    @Test("says in words what is wrong, where, and what it can mean")
    func words() throws {
        let log = try Log(20)
        let checkpoint = log.checkpoints[1]
        #expect(
            AuditFinding.changed(7...7).description
                == "record 7 was changed, moved or put in: it does not follow from the one before")
        #expect(
            AuditFinding.endsEarly(last: 15, checkpoint, .given).description
                == "the log ends with record 15, and the given checkpoint of 1970-01-01 00:00:20 counts 20: its end was "
                + "cut off, or it was restored from an older backup")
    }
}
