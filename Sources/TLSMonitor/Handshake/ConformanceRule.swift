/// A rule of TLS that can be checked from outside, or with keys inside.
///
/// Each is listed, with what breaking it means, in `docs/conformance.md`.
public enum ConformanceRule: String, Hashable, Sendable, CaseIterable {
    // Records
    case recordType = "record_type"
    case clearRecordLength = "clear_record_length"
    case protectedRecordLength = "protected_record_length"
    case protectedRecordTag = "protected_record_tag"
    case blockLength = "block_length"
    case firstRecordVersion = "first_record_version"
    case clearRecordVersion = "clear_record_version"
    case protectedRecordVersion = "protected_record_version"
    case negotiatedRecordVersion = "negotiated_record_version"
    case emptyFragment = "empty_fragment"

    // Handshake messages
    case interleaving
    case helloLength = "hello_length"
    case messageType = "message_type"
    case messageSender = "message_sender"
    case messageOrder = "message_order"
    case helloFirst = "hello_first"
    case helloOnce = "hello_once"
    case finishedProtected = "finished_protected"
    case clearAfterKeys = "clear_after_keys"
    case dataBeforeKeys = "data_before_keys"

    // ChangeCipherSpec
    case changeValue = "ccs_value"
    case changeOnce = "ccs_once"
    case changePlace = "ccs_place"
    case changeEarly = "ccs_early"

    // Alerts and closing
    case alertLength = "alert_length"
    case alertLevel = "alert_level"
    case alertDescription = "alert_description"
    case alertAfterKeys = "alert_after_keys"
    case afterAlert = "after_alert"
    case heartbeatClear = "heartbeat_clear"
    case heartbeatLength = "heartbeat_length"

    // ClientHello
    case helloSyntax = "hello_syntax"
    case clientExtensionUnique = "client_extension_unique"
    case pskLast = "psk_last"
    case pskModes = "psk_modes"
    case pskBinders = "psk_binders"
    case clientCompression = "client_compression"
    case clientLegacyVersion = "client_legacy_version"
    case sessionLength = "session_length"
    case clientSuites = "client_suites"
    case groupsWithShares = "groups_with_shares"
    case signaturesOffered = "signatures_offered"
    case shareListed = "share_listed"
    case shareUnique = "share_unique"
    case clientShareForm = "client_share_form"
    case earlyDataKey = "early_data_key"
    case serverNameForm = "server_name_form"
    case protocolNames = "protocol_names"
    case paddingZero = "padding_zero"
    case flagEmpty = "flag_empty"
    case fallbackSignal = "fallback_signal"
    case renegotiationEmpty = "renegotiation_empty"
    case pointFormats = "point_formats"
    case cookieUnasked = "cookie_unasked"

    // ServerHello
    case versionOffered = "version_offered"
    case suiteOffered = "suite_offered"
    case suiteVersion = "suite_version"
    case sessionEcho = "session_echo"
    case serverLegacyVersion = "server_legacy_version"
    case serverCompression = "server_compression"
    case serverExtensionAllowed = "server_extension_allowed"
    case serverExtensionOffered = "server_extension_offered"
    case serverExtensionUnique = "server_extension_unique"
    case serverVersionExtension = "server_version_extension"
    case groupShared = "group_shared"
    case serverShareForm = "server_share_form"
    case keyAgreement = "key_agreement"
    case pskOffered = "psk_offered"
    case pskModeOffered = "psk_mode_offered"
    case greaseSelected = "grease_selected"
    case protocolSelected = "protocol_selected"
    case downgradeTLS13 = "downgrade_tls13"
    case downgradeTLS12 = "downgrade_tls12"

    // HelloRetryRequest
    case retryOnce = "retry_once"
    case retryGroupOffered = "retry_group_offered"
    case retryGroupNew = "retry_group_new"
    case retryChanges = "retry_changes"
    case retryExtensionAllowed = "retry_extension_allowed"
    case retrySuite = "retry_suite"
    case retrySame = "retry_same"
    case retryExtensions = "retry_extensions"
    case retryShare = "retry_share"
    case retryCookie = "retry_cookie"
    case retryEarlyData = "retry_early_data"
    case retryAnswer = "retry_answer"

    // TLS 1.2 and before
    case exchangeForm = "exchange_form"
    case curveOffered = "curve_offered"
    case signatureOffered = "signature_offered"
    case signatureHash = "signature_hash"

    // Discouraged
    case oldVersion = "old_version"
    case nullEncryption = "null_encryption"
    case exportSuite = "export_suite"
    case rc4Suite = "rc4_suite"
    case shortBlockSuite = "short_block_suite"
    case anonymousSuite = "anonymous_suite"
    case staticExchange = "static_exchange"
    case macFirst = "mac_first"
    case compression
    case masterSecret = "master_secret"
    case secureRenegotiation = "secure_renegotiation"
    case shortPrime = "short_prime"

    // With keys
    case innerType = "inner_type"
    case innerLength = "inner_length"
    case innerEmpty = "inner_empty"
    case innerAlert = "inner_alert"
    case innerOrder = "inner_order"
    case innerData = "inner_data"
    case innerAfterClose = "inner_after_close"

    /// What a rule is about.
    public enum Topic: String, Hashable, Sendable, CaseIterable {
        case record = "Records"
        case message = "Handshake messages"
        case change = "ChangeCipherSpec"
        case alert = "Alerts and closing"
        case client = "ClientHello"
        case server = "ServerHello"
        case retry = "HelloRetryRequest"
        case old = "TLS 1.2 and before"
        case weak = "Discouraged"
        case inner = "With keys"
    }

    /// Where it stands: `RFC 8446 §5.1`.
    public var section: String { text.section }
    /// What it asks for, in one sentence.
    public var summary: String { text.summary }
    /// What breaking it means for the verdict: `violation` where something else than handshakes and ciphertext may be on the wire by it.
    public var weight: Finding.Weight { Self.notes.contains(self) ? .note : .violation }
    public var topic: Topic { Self.topics[self] ?? .record }
    /// Whether a record alone shows that it is broken, whatever came before.
    public var standsAlone: Bool { Self.standingAlone.contains(self) }

    private static let topics: [ConformanceRule: Topic] = {
        var topics: [ConformanceRule: Topic] = [:]
        var topic = Topic.record
        for rule in allCases {
            topic = firsts[rule] ?? topic
            topics[rule] = topic
        }
        return topics
    }()

    /// The rules with which a topic begins.
    private static let firsts: [ConformanceRule: Topic] = [
        .recordType: .record, .interleaving: .message, .changeValue: .change, .alertLength: .alert,
        .helloSyntax: .client, .versionOffered: .server, .retryOnce: .retry, .exchangeForm: .old,
        .oldVersion:
            .weak, .innerType: .inner,
    ]

    private static let notes: RuleSet = [
        .clearRecordLength, .firstRecordVersion, .clearRecordVersion, .negotiatedRecordVersion,
        .alertDescription, .clientExtensionUnique, .pskLast, .pskModes, .clientCompression,
        .clientLegacyVersion, .clientSuites, .groupsWithShares, .signaturesOffered, .shareListed, .shareUnique,
        .earlyDataKey, .serverNameForm, .protocolNames, .fallbackSignal, .pointFormats, .cookieUnasked,
        .suiteVersion, .serverLegacyVersion, .serverCompression, .serverExtensionOffered,
        .serverExtensionUnique, .serverVersionExtension, .groupShared, .keyAgreement, .pskOffered,
        .pskModeOffered, .greaseSelected, .protocolSelected, .retryGroupOffered, .retryGroupNew, .retryChanges,
        .retrySuite, .retryShare, .retryCookie, .retryEarlyData, .retryAnswer, .curveOffered, .signatureOffered,
        .signatureHash, .oldVersion, .exportSuite, .rc4Suite, .shortBlockSuite, .anonymousSuite,
        .staticExchange, .macFirst, .compression, .masterSecret, .secureRenegotiation, .shortPrime,
        .innerLength, .innerEmpty, .innerAlert, .innerOrder, .innerData, .innerAfterClose,
    ]

    static let standingAlone: RuleSet = [
        .clearRecordLength, .firstRecordVersion, .alertDescription, .helloSyntax, .clientExtensionUnique,
        .pskLast, .pskModes, .pskBinders, .clientCompression, .clientLegacyVersion, .sessionLength,
        .clientSuites, .groupsWithShares, .signaturesOffered, .shareListed, .shareUnique, .clientShareForm,
        .earlyDataKey, .serverNameForm, .protocolNames, .paddingZero, .flagEmpty, .fallbackSignal,
        .renegotiationEmpty, .pointFormats, .serverExtensionUnique, .serverShareForm, .signatureHash,
        .oldVersion, .exportSuite, .rc4Suite, .shortBlockSuite, .anonymousSuite, .staticExchange, .macFirst,
        .compression, .masterSecret, .secureRenegotiation, .shortPrime,
    ]
}
