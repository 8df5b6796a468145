import Testing

@Suite("Corpus of the fuzzer: what the kernel says") struct CorpusTests {
    private static let corpus = CorpusFolder(beside: #filePath)

    @Test("every input is read, or refused, and what was read says the same again", arguments: FuzzedDecoder.replies)
    func replay(decoder: FuzzedDecoder) throws { try Self.corpus.replay(decoder) }

    @Test("there is an input for every decoder, and for nothing else")
    func complete() throws { try Self.corpus.expectNothing(but: FuzzedDecoder.replies) }

    @Test("damaged inputs are borne", arguments: FuzzedDecoder.replies)
    func damaged(decoder: FuzzedDecoder) throws {
        let (tried, wrong) = try Self.corpus.damage(decoder, for: .seconds(1), most: 2_000)
        #expect(tried > 20)
        #expect(wrong == nil)
    }
}
