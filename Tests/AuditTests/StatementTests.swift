import Audit
import Chat
import Testing

@Suite("a signed statement about the audit log")
struct StatementTests {
    private func statement(_ key: AuditKey) throws -> AuditStatement { try Log(3, key: key).checkpoint(after: 3) }

    @Test("is text that can be kept, read again and verified")
    func roundTrip() throws {
        let key = AuditKey()
        let statement = try statement(key)
        #expect(statement.text.hasPrefix("conclave audit checkpoint 1\nsize 3\nhead "))
        let again = try #require(AuditStatement(statement.text))
        #expect(again == statement)
        #expect(again.isSigned(by: key.publicKey))
        #expect(!again.isSigned(by: AuditKey().publicKey))
    }

    @Test("has one text: none that differs in a byte is read as the same, or is signed")
    func canonical() throws {
        let key = AuditKey()
        let statement = try statement(key)
        let bytes = Array(statement.text.utf8)
        var read = 0
        for index in bytes.indices {
            for bit in 0..<7 {
                var changed = bytes
                changed[index] ^= 1 << bit
                guard let other = AuditStatement(String(decoding: changed, as: UTF8.self)) else { continue }
                read += 1
                #expect(other != statement)
                #expect(!other.isSigned(by: key.publicKey), "byte \(index)")
            }
        }
        #expect(read > 100, "most digits can be others")
        for text in ["", "\n", statement.text + "\n", " " + statement.text, String(statement.text.dropLast())] {
            #expect(AuditStatement(text) == nil)
        }
        #expect(AuditStatement(statement.text.replacing("size 3", with: "size 03")) == nil)
        for name in ["size 3", "running 180"] {
            let largest = name.prefix { $0 != " " } + " 18446744073709551615"
            #expect(statement.text.contains(name + "\n"))
            #expect(AuditStatement(statement.text.replacing(name + "\n", with: largest + "\n")) == nil)
        }
        #expect(AuditStatement(String(repeating: "x", count: 2_000)) == nil)
    }

    @Test("keys go through PEM, and what is no such key is refused")
    func keys() throws {
        let key = AuditKey()
        let again = try #require(AuditKey(pem: key.pem))
        #expect(again.publicKey.fingerprint == key.publicKey.fingerprint)
        #expect(try statement(again).isSigned(by: key.publicKey))
        let publicKey = try #require(AuditPublicKey(pem: key.publicKey.pem))
        #expect(try statement(key).isSigned(by: publicKey))
        #expect(AuditKey(pem: key.publicKey.pem) == nil)
        #expect(AuditPublicKey(pem: key.pem) == nil)
        #expect(AuditKey(pem: "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n") == nil)
    }
}
