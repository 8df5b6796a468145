import Foundation
import Testing

@Suite("Corpus of the fuzzer: what the monitor reads") struct CorpusTests {
    private static let corpus = CorpusFolder(beside: #filePath)

    @Test(
        "every input is read, or refused, and every byte of payload is accounted for", arguments: FuzzedDecoder.captures
    )
    func replay(decoder: FuzzedDecoder) throws { try Self.corpus.replay(decoder) }

    @Test("there is an input for every decoder, and for nothing else")
    func complete() throws { try Self.corpus.expectNothing(but: FuzzedDecoder.captures) }
}
