import Testing

@Suite("Corpus of the fuzzer") struct CorpusTests {
    private static let corpus = CorpusFolder(beside: #filePath)

    @Test("every input is refused, or encoded to the same bytes again", arguments: FuzzedDecoder.wire)
    func replay(decoder: FuzzedDecoder) throws { try Self.corpus.replay(decoder) }

    @Test("there is an input for every decoder, and for nothing else")
    func complete() throws { try Self.corpus.expectNothing(but: FuzzedDecoder.wire) }

    /// Not a test, but how the values were made: with other structures they are to be made anew.
    @Test(
        "write random values to the corpus",
        .enabled(if: CorpusFolder.isWritten, "CONCLAVE_WRITE_CORPUS is not 1"),
        arguments: FuzzedDecoder.wire)
    func write(decoder: FuzzedDecoder) throws {
        let structure = try #require(Structure.all.first { $0.description == decoder.name })
        let values = (1...8).map { number in
            var source = RandomSource(seed: UInt64(number), lengths: 0...number * 4, counts: number > 2 ? 1...3 : 0...1)
            return structure.encoded(&source)
        }
        try Self.corpus.write(values, of: decoder.name)
    }
}
