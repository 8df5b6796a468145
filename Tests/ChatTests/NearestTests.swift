import Chat
import Testing

@Suite("guesses at what somebody meant to type")
struct NearestTests {
    private let words = ["/join", "/part", "/msg", "/me", "/names", "/users", "/help", "/quit"]

    @Test(
        "finds the word that is a slip of the finger away",
        arguments: [
            ("/joni", "/join"), ("/jion", "/join"), ("/hlep", "/help"), ("/name", "/names"), ("/user", "/users"),
            ("/mgs", "/msg"), ("/quiit", "/quit"),
        ])
    func finds(typed: String, meant: String) {
        #expect(Nearest.word(to: typed, among: words) == meant)
    }

    @Test("guesses nothing when nothing is near", arguments: ["/x", "/frobnicate", "", "join us"])
    func guessesNothing(typed: String) {
        #expect(Nearest.word(to: typed, among: words) == nil)
    }

    @Test("the answer does not depend on the order of the words")
    func isStable() {
        #expect(Nearest.word(to: "/m", among: ["/mx", "/me"]) == Nearest.word(to: "/m", among: ["/me", "/mx"]))
        #expect(Nearest.word(to: "a", among: []) == nil)
    }

    @Test("of very long words the beginning counts")
    func longWords() {
        let long = String(repeating: "a", count: 1_000_000)
        #expect(Nearest.word(to: long, among: [long + "b"]) == long + "b")
        #expect(Nearest.word(to: "/" + long, among: words) == nil)
    }
}
