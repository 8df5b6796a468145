import Foundation
import MLSWire
import TLSSyntax
import Testing

/// A field of a file: whatever has this name, at any depth, is encoded so.
struct VectorField: Sendable, CustomTestStringConvertible {
    let file: String, name: String
    let reencode: @Sendable ([UInt8]) throws -> [UInt8]

    init(_ file: String, _ name: String, reencode: @escaping @Sendable ([UInt8]) throws -> [UInt8]) {
        self.file = file
        self.name = name
        self.reencode = reencode
    }

    init<Value: MLSStructure>(_ file: String, _ name: String, _: Value.Type) {
        self.init(file, name, reencode: { try Value(decoding: $0).encoded })
    }

    /// A message, and what it must hold.
    init(_ file: String, _ name: String, holds: @escaping @Sendable (MLSMessage) -> Bool) {
        self.init(
            file, name,
            reencode: {
                let message = try MLSMessage(decoding: $0)
                #expect(holds(message), "\(name) holds \(message.wireFormat)")
                return message.encoded
            })
    }

    var testDescription: String { "\(file): \(name)" }

    /// What a proposal of this type holds, without its type in front: as messages.json has it.
    static func proposal(_ type: ProposalType, _ name: String) -> Self {
        Self(
            "messages", name,
            reencode: { bytes in
                let proposal = try Proposal(decoding: type.encoded + bytes)
                #expect(proposal.type == type)
                return Array(proposal.encoded.dropFirst(2))
            })
    }
}

/// The official vectors (github.com/mlswg/mls-implementations, test-vectors): whatever in them is a structure of RFC 9420.
@Suite("Official vectors, RFC 9420", .enabled(if: Vectors.mayRun, Comment(rawValue: Vectors.reason)))
struct VectorTests {
    @Test("deserialization: lengths of vectors, §2.1.2") func lengths() throws {
        struct Entry: Decodable {
            let vlbytes_header: String, length: Int
        }
        let entries = try Vectors.entries("deserialization", as: Entry.self)
        #expect(!entries.isEmpty)
        for entry in entries {
            let header = try [UInt8](hexadecimal: entry.vlbytes_header)
            let length = try SyntaxReader.read(header) { (reader) throws(SyntaxError) in try reader.variableLength() }
            #expect(length == entry.length)
            var written: [UInt8] = []
            written.write(variableLength: entry.length)
            #expect(written == header)
        }
    }

    private static let messageFields: [VectorField] = [
        .init("messages", "mls_welcome") { $0.wireFormat == .welcome },
        .init("messages", "mls_group_info") { $0.wireFormat == .groupInfo },
        .init("messages", "mls_key_package") { $0.wireFormat == .keyPackage },
        .init("messages", "ratchet_tree", TreeNodes.self),
        .proposal(.add, "add_proposal"),
        .proposal(.update, "update_proposal"),
        .proposal(.remove, "remove_proposal"),
        .proposal(.preSharedKey, "pre_shared_key_proposal"),
        .proposal(.reInit, "re_init_proposal"),
        .proposal(.externalInit, "external_init_proposal"),
        .proposal(.groupContextExtensions, "group_context_extensions_proposal"),
        .init("messages", "commit", Commit.self),
        .init("messages", "public_message_application") { $0.publicContentType == .application },
        .init("messages", "public_message_proposal") { $0.publicContentType == .proposal },
        .init("messages", "public_message_commit") { $0.publicContentType == .commit },
        .init("messages", "private_message") { $0.wireFormat == .privateMessage },
    ]

    private static let otherFields: [VectorField] = [
        .init("key-schedule", "group_context", GroupContext.self),
        .init("message-protection", "proposal", Proposal.self),
        .init("message-protection", "commit", Commit.self),
        .init("message-protection", "proposal_pub") { $0.publicContentType == .proposal },
        .init("message-protection", "commit_pub") { $0.publicContentType == .commit },
        .init("message-protection", "proposal_priv") { $0.wireFormat == .privateMessage },
        .init("message-protection", "commit_priv") { $0.wireFormat == .privateMessage },
        .init("message-protection", "application_priv") { $0.wireFormat == .privateMessage },
        .init("passive-client-handling-commit", "key_package") { $0.wireFormat == .keyPackage },
        .init("passive-client-handling-commit", "welcome") { $0.wireFormat == .welcome },
        .init("passive-client-handling-commit", "commit", MLSMessage.self),
        .init("passive-client-handling-commit", "proposals", MLSMessage.self),
        .init("passive-client-welcome", "key_package") { $0.wireFormat == .keyPackage },
        .init("passive-client-welcome", "welcome") { $0.wireFormat == .welcome },
        .init("passive-client-welcome", "ratchet_tree", TreeNodes.self),
        .init("transcript-hashes", "authenticated_content", AuthenticatedContent.self),
        .init("tree-operations", "proposal", Proposal.self),
        .init("tree-operations", "tree_before", TreeNodes.self),
        .init("tree-operations", "tree_after", TreeNodes.self),
        .init("tree-validation", "tree", TreeNodes.self),
        .init("treekem", "ratchet_tree", TreeNodes.self),
        .init("treekem", "update_path", UpdatePath.self),
        .init("welcome", "key_package") { $0.wireFormat == .keyPackage },
        .init("welcome", "welcome") { $0.wireFormat == .welcome },
    ]

    @Test("messages: every field is decoded, and encoded to the same bytes", arguments: messageFields)
    func messages(field: VectorField) throws {
        try check(field)
    }

    @Test("the structures in the other files are decoded, and encoded to the same bytes", arguments: otherFields)
    func structures(field: VectorField) throws {
        try check(field)
    }

    private func check(_ field: VectorField) throws {
        let file = Vectors.folder.appendingPathComponent(field.file + ".json")
        var found = 0
        try visit(JSONSerialization.jsonObject(with: Data(contentsOf: file)), in: nil) { name, text in
            guard name == field.name else { return }
            found += 1
            let bytes = try [UInt8](hexadecimal: text)
            #expect(try field.reencode(bytes) == bytes)
        }
        #expect(found > 0, "there is no such field")
    }

    /// Every text in the file, with the name of the field that it belongs to.
    private func visit(_ value: Any, in name: String?, _ body: (String?, String) throws -> Void) throws {
        switch value {
        case let fields as [String: Any]: for (name, value) in fields { try visit(value, in: name, body) }
        case let elements as [Any]: for element in elements { try visit(element, in: name, body) }
        case let text as String: try body(name, text)
        default: break
        }
    }
}

extension MLSMessage {
    /// What a public message is about.
    fileprivate var publicContentType: MLSContentType? {
        if case .publicMessage(let message) = self { message.content.content.type } else { nil }
    }
}
