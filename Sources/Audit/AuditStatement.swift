package import Chat
import Foundation

/// What the server's audit key vouches for: the log up to a record, or that the records up to it were dropped.
///
/// It is text, so that people can keep it and other programs verify it. What is signed is all but the last line:
///
///     conclave audit checkpoint 1
///     size 1234
///     head 5f0c…                      (64 hexadecimal digits: the hash of record 1234)
///     time 1763736000000              (milliseconds since 1970)
///     running 86400                   (seconds that servers have run with this log)
///     key 1f2e3d4c5b6a7988
///     signature MEUCIQ…               (ECDSA, P-256 and SHA-256, in DER, as base64)
package struct AuditStatement: Hashable, Sendable {
    package enum Subject: String, Hashable, Sendable {
        /// These records are there.
        case checkpoint
        /// These records are not there any more.
        case cut
    }

    package let subject: Subject
    /// The number of the last record that it is about.
    package let size: UInt64
    /// That record's hash.
    package let head: AuditHash
    package let time: Timestamp
    /// Seconds that servers have run with this log: unlike the time, nobody can set it.
    package let running: UInt64
    /// The fingerprint of the key.
    package let key: String
    /// In DER.
    package let signature: [UInt8]

    /// No statement is longer.
    package static let maximumLength = 1_024

    /// Signs one.
    package init(
        _ subject: Subject, size: UInt64, head: AuditHash, time: Timestamp, running: UInt64, by key: AuditKey
    ) throws {
        self.subject = subject
        self.size = size
        self.head = head
        self.time = time
        self.running = running
        self.key = key.publicKey.fingerprint
        let text = Self.signedText(subject, size, head, time, running, self.key)
        signature = try key.sign(Array(text.utf8))
    }

    private static func signedText(
        _ subject: Subject, _ size: UInt64, _ head: AuditHash, _ time: Timestamp, _ running: UInt64, _ key: String
    ) -> String {
        """
        conclave audit \(subject.rawValue) 1
        size \(size)
        head \(head)
        time \(time.milliseconds)
        running \(running)
        key \(key)

        """
    }

    package var text: String {
        Self.signedText(subject, size, head, time, running, key)
            + "signature \(Data(signature).base64EncodedString())\n"
    }

    /// Reads one; whether its signature is good is another question.
    /// - Returns: `nil` for anything but the one text of a statement.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength else { return nil }
        // What a database can hold; one can be added to it.
        let largest = UInt64(Int64.max)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 8, let subject = Self.subject(lines[0]),
            let size = Self.value("size", lines[1]).flatMap({ UInt64($0) }), size <= largest,
            let head = Self.value("head", lines[2]).flatMap({ AuditHash(hexadecimal: $0) }),
            let time = Self.value("time", lines[3]).flatMap({ UInt64($0) }),
            let running = Self.value("running", lines[4]).flatMap({ UInt64($0) }), running <= largest,
            let key = Self.value("key", lines[5]), key.utf8.count == AuditPublicKey.fingerprintLength,
            Hexadecimal.bytes(key) != nil,
            let signature = Self.value("signature", lines[6]).flatMap({ Data(base64Encoded: String($0)) })
        else { return nil }
        self.subject = subject
        self.size = size
        self.head = head
        self.time = Timestamp(milliseconds: time)
        self.running = running
        self.key = String(key)
        self.signature = Array(signature)
        // Numbers and base64 can be written in several ways; one is right.
        guard self.text == text else { return nil }
    }

    private static func subject(_ line: Substring) -> Subject? {
        [Subject.checkpoint, .cut].first { line == "conclave audit \($0.rawValue) 1" }
    }

    private static func value(_ name: String, _ line: Substring) -> Substring? {
        line.hasPrefix(name + " ") ? line.dropFirst(name.count + 1) : nil
    }

    package func isSigned(by key: AuditPublicKey) -> Bool {
        guard key.fingerprint == self.key else { return false }
        return key.isValid(signature, for: Array(Self.signedText(subject, size, head, time, running, self.key).utf8))
    }
}
