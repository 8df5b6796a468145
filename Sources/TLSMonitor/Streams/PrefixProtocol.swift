/// A protocol that is spoken in the clear before TLS begins, known by its first bytes.
enum PrefixProtocol {
    /// - Parameters: the first bytes that each side sent.
    /// - Returns: its name, as `SMTP` or `HTTP CONNECT`.
    static func name(client: [UInt8], server: [UInt8]) -> String? {
        name(ofBinary: client, server) ?? name(ofText: client, server)
    }

    private static func name(ofBinary client: [UInt8], _ server: [UInt8]) -> String? {
        if client.starts(with: [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51]) { return "PROXY" }
        if client.count >= 8, client.starts(with: [0, 0, 0, 8, 4, 0xD2, 0x16, 0x2F]) { return "PostgreSQL" }
        // TPKT with a connection request of X.224.
        if client.count >= 6, client[0] == 3, client[1] == 0, client[5] == 0xE0 { return "RDP" }
        if client.count >= 3, client[0] == 5, (1...16).contains(client[1]), client.count >= 2 + Int(client[1]) {
            return "SOCKS5"
        }
        if client.count >= 8, client[0] == 4, (1...2).contains(client[1]) { return "SOCKS4" }
        if server.count >= 6, server[2] == 0, server[3] == 0, server[4] == 10 { return "MySQL" }
        if client.count >= 8, client[0] == 0x12, client[1] <= 1 { return "TDS" }
        if client.count >= 8, client[0] == 0x30, contains(client, "1.3.6.1.4.1.1466.20037") { return "LDAP" }
        return nil
    }

    private static func name(ofText client: [UInt8], _ server: [UInt8]) -> String? {
        let (asked, greeted) = (text(client), text(server))
        if asked.hasPrefix("CONNECT ") { return "HTTP CONNECT" }
        if asked.hasPrefix("PROXY ") { return "PROXY" }
        if greeted.hasPrefix("* OK") || greeted.hasPrefix("* PREAUTH") { return "IMAP" }
        if greeted.hasPrefix("+OK") { return "POP3" }
        if greeted.hasPrefix("\"IMPLEMENTATION\"") { return "ManageSieve" }
        if asked.hasPrefix("EHLO") || asked.hasPrefix("HELO") || greeted.hasPrefix("220") && greeted.contains("SMTP") {
            return "SMTP"
        }
        if asked.hasPrefix("LHLO") { return "LMTP" }
        if asked.hasPrefix("AUTH ") || asked.hasPrefix("FEAT") || greeted.hasPrefix("220") { return "FTP" }
        if greeted.hasPrefix("200 ") || greeted.hasPrefix("201 ") { return "NNTP" }
        if asked.contains("<STREAM:STREAM") || asked.hasPrefix("<?XML") { return "XMPP" }
        if ["CAP ", "NICK ", "STARTTLS"].contains(where: asked.hasPrefix) || greeted.hasPrefix(":") { return "IRC" }
        if ["GET ", "POST ", "HEAD ", "OPTIONS ", "PUT "].contains(where: asked.hasPrefix) { return "HTTP" }
        return nil
    }

    /// In upper case.
    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(64).map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 }, as: UTF8.self)
    }

    private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        let text = Array(text.utf8)
        guard bytes.count >= text.count else { return false }
        return (0...bytes.count - text.count).contains { bytes[$0..<$0 + text.count].elementsEqual(text) }
    }
}
