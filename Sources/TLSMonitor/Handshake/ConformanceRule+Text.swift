extension ConformanceRule {
    /// Where a rule stands, and what it asks for.
    var text: (section: String, summary: String) {
        switch self {
        case .recordType: ("RFC 8446 §5.1", "Every record is of a type that TLS has, and of a length that it may have.")
        case .clearRecordLength: ("RFC 8446 §5.1", "A record in the clear carries at most 2^14 bytes.")
        case .protectedRecordLength:
            (
                "RFC 8446 §5.2",
                "An encrypted record of TLS 1.3 carries at most 2^14 + 256 bytes."
            )
        case .protectedRecordTag:
            (
                "RFC 8446 §5.2, RFC 5246 §6.2.3",
                "An encrypted record has room for what its cipher adds: in TLS 1.3 for the tag and one byte."
            )
        case .blockLength: ("RFC 5246 §6.2.3.2, RFC 7366 §3", "A record under a block cipher is made of whole blocks.")
        case .firstRecordVersion:
            (
                "RFC 8446 §5.1",
                "The record of the first ClientHello that offers TLS 1.3 says 0x0301 or 0x0303."
            )
        case .clearRecordVersion:
            (
                "RFC 8446 §5.1",
                "Records of TLS 1.3 in the clear say 0x0303, except for the first ClientHello."
            )
        case .protectedRecordVersion: ("RFC 8446 §5.2", "Encrypted records of TLS 1.3 say 0x0303.")
        case .negotiatedRecordVersion:
            (
                "RFC 5246 §6.2.1",
                "Before TLS 1.3, records after the ServerHello say the version that was agreed on."
            )
        case .emptyFragment: ("RFC 8446 §5.1", "No record in the clear is empty, unless it carries application data.")
        case .interleaving: ("RFC 8446 §5.1", "No other record stands between the parts of a handshake message.")
        case .helloLength: ("RFC 8446 §4.1.2", "A hello is no longer than its fields can be (about 128 KiB).")
        case .messageType: ("RFC 8446 §4, RFC 5246 §7.4", "Every handshake message is of a type that is known.")
        case .messageSender: ("RFC 8446 §4, RFC 5246 §7.3", "Every message comes from the side that may send it.")
        case .messageOrder: ("RFC 5246 §7.3", "Before TLS 1.3, messages come in their order and each once.")
        case .helloFirst:
            (
                "RFC 8446 §4, RFC 5246 §7.3",
                "Each side begins with its hello, and the server after the client."
            )
        case .helloOnce:
            (
                "RFC 8446 §4.1.2",
                "Each side sends one hello, the client another one only when it is asked to."
            )
        case .finishedProtected: ("RFC 8446 §4.4.4, RFC 5246 §7.4.9", "A Finished is never in the clear.")
        case .clearAfterKeys: ("RFC 8446 §2, §5.2", "After the hellos of TLS 1.3, handshake messages are encrypted.")
        case .dataBeforeKeys:
            (
                "RFC 8446 §5.1, §4.2.10",
                "Application data comes under keys only, or as early data that was announced."
            )
        case .changeValue: ("RFC 8446 §5", "A ChangeCipherSpec is the single byte 1.")
        case .changeOnce: ("RFC 8446 §D.4", "In TLS 1.3 each side sends at most one ChangeCipherSpec.")
        case .changePlace:
            (
                "RFC 8446 §5, §D.4",
                "A ChangeCipherSpec comes after the hello, and in TLS 1.3 before the sender's encrypted records."
            )
        case .changeEarly:
            (
                "RFC 5246 §7.1",
                "Before TLS 1.3, a ChangeCipherSpec comes when the keys are agreed on, not before."
            )
        case .alertLength: ("RFC 8446 §5.1, §6", "A record in the clear carries one alert, whole: two bytes.")
        case .alertLevel: ("RFC 8446 §6", "An alert's level is 1 or 2.")
        case .alertDescription: ("RFC 8446 §6", "An alert is one that is registered.")
        case .alertAfterKeys:
            (
                "RFC 8446 §6, §5.2",
                "After a side's encrypted records of TLS 1.3 its alerts are encrypted."
            )
        case .afterAlert: ("RFC 8446 §6.1, §6.2", "Nothing follows a fatal alert or a closure.")
        case .heartbeatClear: ("RFC 6520 §3", "No heartbeat comes before there are keys, nor in TLS 1.3.")
        case .heartbeatLength: ("RFC 6520 §4", "A heartbeat holds as many bytes as it says.")
        case .helloSyntax: ("RFC 8446 §4.1.2, §4.1.3", "A hello's fields and extensions can be read to their end.")
        case .clientExtensionUnique: ("RFC 8446 §4.2", "No extension of a ClientHello is there twice.")
        case .pskLast: ("RFC 8446 §4.2.11", "pre_shared_key is the last extension of a ClientHello.")
        case .pskModes: ("RFC 8446 §4.2.9", "Who offers a pre-shared key says how it may be used.")
        case .pskBinders: ("RFC 8446 §4.2.11", "There is a binder of at least 32 bytes for each pre-shared key.")
        case .clientCompression:
            (
                "RFC 8446 §4.1.2, RFC 5246 §7.4.1.2",
                "A ClientHello offers no compression if it offers TLS 1.3, and always to do without."
            )
        case .clientLegacyVersion:
            (
                "RFC 8446 §4.1.2",
                "A ClientHello that offers TLS 1.3 says 0x0303 in its old place for the version."
            )
        case .sessionLength: ("RFC 8446 §4.1.2", "A session id has at most 32 bytes.")
        case .clientSuites: ("RFC 8446 §4.1.1", "A ClientHello that offers TLS 1.3 offers a cipher suite of it.")
        case .groupsWithShares:
            (
                "RFC 8446 §9.2",
                "supported_groups and key_share are there together in what offers TLS 1.3."
            )
        case .signaturesOffered:
            (
                "RFC 8446 §9.2",
                "A ClientHello for TLS 1.3 without pre-shared key offers signatures and groups."
            )
        case .shareListed:
            (
                "RFC 8446 §4.2.8",
                "Groups for which a key is sent are among those that are supported, in the same order."
            )
        case .shareUnique: ("RFC 8446 §4.2.8", "A ClientHello sends one key for a group.")
        case .clientShareForm:
            (
                "RFC 8446 §4.2.8.1, §4.2.8.2",
                "A client's key is as long as its group's keys are, and of their form."
            )
        case .earlyDataKey: ("RFC 8446 §4.2.10", "Who announces early data offers the pre-shared key for it.")
        case .serverNameForm:
            (
                "RFC 6066 §3",
                "The name that is asked for is one host name of letters, without a dot at its end, and no address."
            )
        case .protocolNames: ("RFC 7301 §3.1", "Protocols on offer have names that are not empty.")
        case .paddingZero: ("RFC 7685 §3", "Padding of a ClientHello is zeros.")
        case .flagEmpty:
            (
                "RFC 8446 §4.2, RFC 7627 §5.1, RFC 7366 §2",
                "Extensions that say all by being there are empty."
            )
        case .fallbackSignal: ("RFC 7507 §4", "TLS_FALLBACK_SCSV stands only where a better version was tried before.")
        case .renegotiationEmpty: ("RFC 5746 §3.4", "renegotiation_info is empty in a first handshake.")
        case .pointFormats: ("RFC 8422 §5.1.2", "Who lists forms of points lists the uncompressed one.")
        case .cookieUnasked: ("RFC 8446 §4.2.2", "A first ClientHello has no cookie.")
        case .versionOffered: ("RFC 8446 §4.2.1, RFC 5246 §7.4.1.3", "The server chooses a version that was offered.")
        case .suiteOffered: ("RFC 8446 §4.1.3", "The server chooses a cipher suite that was offered.")
        case .suiteVersion: ("RFC 8446 §4.1.3, §B.4", "The cipher suite is one of the version that was chosen.")
        case .sessionEcho: ("RFC 8446 §4.1.3", "A server of TLS 1.3 returns the session id.")
        case .serverLegacyVersion:
            (
                "RFC 8446 §4.1.3",
                "A ServerHello of TLS 1.3 says 0x0303 in the old place for the version."
            )
        case .serverCompression:
            (
                "RFC 8446 §4.1.3, RFC 5246 §7.4.1.3",
                "The server chooses a compression that was offered, and none in TLS 1.3."
            )
        case .serverExtensionAllowed:
            (
                "RFC 8446 §4.2",
                "A ServerHello of TLS 1.3 has only extensions that are needed for the keys."
            )
        case .serverExtensionOffered:
            (
                "RFC 8446 §4.2, RFC 5246 §7.4.1.4",
                "The server answers only extensions that the client sent."
            )
        case .serverExtensionUnique: ("RFC 8446 §4.2", "No extension of a ServerHello is there twice.")
        case .serverVersionExtension:
            (
                "RFC 8446 §4.2.1",
                "supported_versions of a server chooses TLS 1.3; before, there is none."
            )
        case .groupShared: ("RFC 8446 §4.2.8", "The server's key is of a group for which the client sent one.")
        case .serverShareForm:
            (
                "RFC 8446 §4.2.8.1, §4.2.8.2",
                "A server's key is as long as its group's answers are, and of their form."
            )
        case .keyAgreement:
            (
                "RFC 8446 §4.1.1, §9.2",
                "A ServerHello of TLS 1.3 has a key, or chooses a pre-shared one."
            )
        case .pskOffered: ("RFC 8446 §4.2.11", "The server chooses a pre-shared key that was offered.")
        case .pskModeOffered: ("RFC 8446 §4.2.9", "The server uses a pre-shared key in a mode that was offered.")
        case .greaseSelected: ("RFC 8701 §3", "The server chooses nothing that only tests tolerance.")
        case .protocolSelected: ("RFC 7301 §3.1", "The server chooses one protocol, and one that was offered.")
        case .downgradeTLS13:
            (
                "RFC 8446 §4.1.3",
                "No server that has TLS 1.3 chooses an older version when TLS 1.3 was offered."
            )
        case .downgradeTLS12:
            (
                "RFC 8446 §4.1.3",
                "No server that has TLS 1.2 chooses an older version when TLS 1.2 was offered."
            )
        case .retryOnce: ("RFC 8446 §4.1.4", "A server asks for another hello at most once.")
        case .retryGroupOffered: ("RFC 8446 §4.1.4, §4.2.8", "It asks for a group that the client supports.")
        case .retryGroupNew: ("RFC 8446 §4.1.4, §4.2.8", "It asks for a group for which the client has not sent a key.")
        case .retryChanges: ("RFC 8446 §4.1.4", "It asks for something: a group, or that a cookie be returned.")
        case .retryExtensionAllowed: ("RFC 8446 §4.1.4, §4.2", "It has only the version, a group and a cookie.")
        case .retrySuite: ("RFC 8446 §4.1.4", "It and the ServerHello choose the same cipher suite.")
        case .retrySame:
            (
                "RFC 8446 §4.1.2",
                "The second ClientHello has the random, session id, cipher suites and compression of the first."
            )
        case .retryExtensions:
            (
                "RFC 8446 §4.1.2",
                "Extensions of the second ClientHello are those of the first, as far as they need not change."
            )
        case .retryShare: ("RFC 8446 §4.1.2, §4.2.8", "The second ClientHello has the one key that was asked for.")
        case .retryCookie: ("RFC 8446 §4.2.2", "The second ClientHello returns the cookie, as it was.")
        case .retryEarlyData: ("RFC 8446 §4.1.2, §4.2.10", "The second ClientHello announces no early data.")
        case .retryAnswer: ("RFC 8446 §4.2.8", "The ServerHello is of the group that was asked for.")
        case .exchangeForm:
            (
                "RFC 5246 §7.4.3, RFC 8422 §5.4",
                "A ServerKeyExchange can be read to its end, and its key is as long as its curve's keys are."
            )
        case .curveOffered: ("RFC 8422 §5.4", "The server's curve is one that the client supports.")
        case .signatureOffered: ("RFC 5246 §7.4.3", "The server signs in a way that the client offered.")
        case .signatureHash: ("RFC 9155 §4", "The server does not sign with MD5 or SHA-1.")
        case .oldVersion: ("RFC 8996 §4, §5", "The version is not older than TLS 1.2.")
        case .nullEncryption: ("RFC 9325 §4.1, RFC 9150 §4", "The cipher suite encrypts.")
        case .exportSuite: ("RFC 9325 §4.1", "The cipher suite was not made weak for export.")
        case .rc4Suite: ("RFC 7465 §2", "The cipher suite is not RC4.")
        case .shortBlockSuite: ("RFC 9325 §4.1", "The cipher is not DES, 3DES or another one with blocks of 64 bits.")
        case .anonymousSuite: ("RFC 9325 §4.1, RFC 5246 §F.1.1.1", "The server proves who it is.")
        case .staticExchange: ("RFC 9325 §4.1", "Keys are fresh for each connection.")
        case .macFirst:
            (
                "RFC 7366 §1, RFC 9325 §4.2",
                "The cipher is authenticated encryption, or authenticates what it encrypted."
            )
        case .compression: ("RFC 9325 §3.3", "Nothing is compressed.")
        case .masterSecret:
            (
                "RFC 7627 §5.2, RFC 9325 §3.5",
                "Before TLS 1.3, the master secret is bound to the whole handshake."
            )
        case .secureRenegotiation: ("RFC 5746 §3.4, §4.1", "Before TLS 1.3, the server knows renegotiation_info.")
        case .shortPrime: ("RFC 9325 §4.2, RFC 7919 §3", "A Diffie-Hellman prime has at least 2,048 bits.")
        case .innerType:
            (
                "RFC 8446 §5.2, §5.4",
                "What is inside an encrypted record is handshake, an alert or application data."
            )
        case .innerLength: ("RFC 8446 §5.4", "What is inside an encrypted record has at most 2^14 bytes, and the type.")
        case .innerEmpty: ("RFC 8446 §5.4", "No handshake message and no alert inside is empty.")
        case .innerAlert: ("RFC 8446 §6", "An alert inside is two bytes.")
        case .innerOrder:
            (
                "RFC 8446 §2, §4.4",
                "Messages inside come in their order, and from the side that may send them."
            )
        case .innerData:
            (
                "RFC 8446 §2, §4.4.4",
                "Application data comes after its sender's Finished, or before as early data."
            )
        case .innerAfterClose: ("RFC 8446 §6.1", "Nothing follows a close_notify or a fatal alert inside.")
        }
    }
}
