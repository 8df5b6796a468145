extension Alarm {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case plaintext
        case strippedUpgrade = "stripped_upgrade"
        case oldVersion = "old_version"
        case weakSuite = "weak_suite"
        case downgrade
        case classicalGroup = "classical_group"
        case badRecordHeader = "bad_record_header"
        case alertBurst = "alert_burst"
        case badRecordMAC = "bad_record_mac"
        case truncation
        case resetInjection = "reset_injection"
        case overlapConflict = "overlap_conflict"
        case heartbleed
        case portScan = "port_scan"
        case synFlood = "syn_flood"
        case recordSizeBurst = "record_size_burst"
        case rateBurst = "rate_burst"
        case certificateExpiry = "certificate_expiry"
        case certificateChange = "certificate_change"
        case selfSigned = "self_signed"
        case newTalker = "new_talker"
    }
}

extension Alarm.Kind {
    /// Whether it is about what a server is, and so the same for every connection, until somebody changes it.
    var isState: Bool {
        switch self {
        case .oldVersion, .weakSuite, .classicalGroup, .certificateExpiry, .selfSigned: true
        default: false
        }
    }

    /// What raises it, in one sentence.
    public var meaning: String {
        switch self {
        case .plaintext:
            "Something that is not TLS is sent on a TLS port, or text in a record that is marked as encrypted."
        case .strippedUpgrade:
            "A connection on a port where TLS is agreed on later (STARTTLS) stayed in the clear to its end."
        case .oldVersion: "A server chose a version below TLS 1.3 (low), or below TLS 1.2 (high)."
        case .weakSuite:
            "A server chose a cipher suite without encryption or authentication, with a broken cipher, or without forward secrecy."
        case .downgrade:
            "The server's random says that the client was talked down from TLS 1.3, or the server refused a fallback."
        case .classicalGroup:
            "The client offered a key exchange that withstands quantum computers, and the server chose another."
        case .badRecordHeader: "After records of TLS come bytes that cannot begin one."
        case .alertBurst:
            "Connections of one source end in fatal alerts, many in a short time: a scanner, or somebody who tries certificates."
        case .badRecordMAC:
            "A side could not authenticate a record, or the keys show that a record was altered or put in."
        case .truncation: "A connection ended within a record, or without the close_notify of the side that ended it."
        case .resetInjection:
            "A TCP reset that its sender did not send: it is out of place, or its sender goes on as if nothing were."
        case .overlapConflict: "The same place of a stream was sent twice with different bytes."
        case .heartbleed:
            "A heartbeat that asks for more than it brought, or an answer that is longer than the question."
        case .portScan: "One source tries many ports of a host, or one port of many hosts, and says nothing there."
        case .synFlood: "Connections to a server are begun, many in a short time, and not completed."
        case .recordSizeBurst: "A client that sent small records sends large ones, many in a row: an upload."
        case .rateBurst: "An address sends much more than it did before."
        case .certificateExpiry:
            "The server's certificate is expired, not yet valid, or expires soon (before TLS 1.3, where it can be seen)."
        case .certificateChange:
            "The same server name was answered with another certificate of the same kind of key than before."
        case .selfSigned: "The server's certificate is signed by itself."
        case .newTalker: "An address completed a connection to the chat port for the first time."
        }
    }

    /// What a person can do about it.
    public var remedy: String {
        switch self {
        case .plaintext: "Look at the packet; close the port to whoever does not speak TLS."
        case .strippedUpgrade: "Use the port where TLS begins at once, and require TLS in the client."
        case .oldVersion: "Require TLS 1.3 in the server's settings."
        case .weakSuite: "Leave only AEAD suites with ephemeral keys in the server's settings."
        case .downgrade: "Somebody on the way interferes, or a middlebox does: take another way, and require TLS 1.3."
        case .classicalGroup: "Update the server, or enable X25519MLKEM768 in it."
        case .badRecordHeader: "Look at the packet: something was put into the stream, or one end is broken."
        case .alertBurst: "Block the source for a while, if it is not one of your own clients."
        case .badRecordMAC: "Check the way between both: somebody alters records, or a device on it damages them."
        case .truncation: "Do not trust that the last message was whole; see who cut the connection."
        case .resetInjection:
            "Find the device on the way that cuts connections; do not block the address, which is forged."
        case .overlapConflict:
            "Find the device on the way that injects packets; do not block the address, which is forged."
        case .heartbleed: "Update the server's OpenSSL and replace its keys; block the source."
        case .portScan: "Block the source, for two minutes at most while the evidence can be forged."
        case .synFlood:
            "Turn SYN cookies on and limit new connections; addresses are forged, so do not ban them for long."
        case .recordSizeBurst: "Ask whether that upload is meant."
        case .rateBurst: "Ask whether that much is meant to be sent."
        case .certificateExpiry: "Renew the certificate, or correct the clock."
        case .certificateChange: "Ask the server's administrator whether the certificate was replaced."
        case .selfSigned: "Check its fingerprint by another way, or use one that an authority signed."
        case .newTalker: "If nobody new is expected, find out who it is."
        }
    }
}
