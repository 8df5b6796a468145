import ChatClient
import Testing

@Suite("words about the store")
struct StoreErrorTests {
    @Test(
        "name what happened and the way out",
        arguments: [
            (.wrongPassphrase, "try again"), (.passphraseNeeded, "type it"), (.noPassphraseSet, "open it without one"),
            (.passphraseLength(0), "choose another"), (.damaged("the key file /k is damaged"), "from a backup"),
            (.newerSchema(found: 2, known: 1), "update this program"), (.inUse, "close that one"),
            (.diskFull, "free some space"), (.exposed(path: "/k", mode: "644", shouldBe: "600"), "chmod 600 '/k'"),
        ] as [(StoreError, String)])
    func remedies(error: StoreError, remedy: String) {
        #expect("\(error)".contains(remedy))
        #expect("\(error)".contains(": "))
    }
}
