import MLS
import MLSWire

/// The transcript hashes before and after a commit.
struct TranscriptHashesVector: VectorEntry {
    let cipherSuite: UInt16
    let confirmationKey: HexBytes
    let authenticatedContent: HexBytes
    let interimTranscriptHashBefore: HexBytes
    let confirmedTranscriptHashAfter: HexBytes
    let interimTranscriptHashAfter: HexBytes

    func check() throws {
        let suite = try cipherSuite.cipherSuite()
        let commit: AuthenticatedContent = try authenticatedContent.decoded("authenticated_content")
        guard case .commit = commit.content.content, let tag = commit.auth.confirmationTag else {
            throw VectorFailure("authenticated_content is no commit")
        }
        try expect(
            "confirmation_tag is not valid",
            suite.hash.verify(tag.bytes, of: confirmedTranscriptHashAfter.bytes, key: confirmationKey.secret))
        let confirmed = suite.confirmedHash(interim: interimTranscriptHashBefore.bytes, commit)
        try expect("confirmed_transcript_hash_after", confirmed, is: confirmedTranscriptHashAfter)
        try expect(
            "interim_transcript_hash_after", suite.interimHash(confirmed: confirmed, tag),
            is: interimTranscriptHashAfter)
    }
}
