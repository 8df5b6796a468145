import TLSWire

/// What of a TLS connection can be seen from outside, and whether it keeps the rules that can be checked there (RFC 8446, and RFC 5246
/// for what came before).
///
/// It is given every record of both directions and says in which class its bytes are.
struct TLSHandshakeView {
    var clientHello: ClientHello?
    /// The last that was read, which may be one too many.
    var lastClientHello: ClientHello?
    private(set) var serverHello: ServerHello?
    /// The server's last hello, which may be a request to try again.
    private(set) var lastServerHello: ServerHello?
    private(set) var hasRetry = false
    /// TLS 1.3 was agreed on, or a draft of it.
    private(set) var isTLS13 = false
    /// It is TLS 1.3 as RFC 8446 has it.
    private(set) var isFinal = false
    /// Hellos that were read, of both.
    var helloCount = 0
    /// Whether the connection was seen from its first byte.
    private(set) var isWhole: Bool
    /// Something else than TLS was in one of the streams, in which records are not looked for any more.
    private var hasForeign = false
    /// The group in which keys were agreed on, if that is in the clear.
    private(set) var group: NamedGroup?
    /// Rules that something was held against.
    private(set) var checked = RuleSet()

    var sides = [Side(), Side()]
    /// What is offered, until it is answered.
    private var offer: ClientOffer?
    private var retry: RetryRequest?
    var old = OldHandshake()
    private var inner = InnerHandshake()
    /// Of the cipher suite that was chosen.
    private(set) var traits: SuiteTraits?
    /// Bytes that an encrypted record has at least.
    private var leastProtected = 17
    /// About what the hellos take.
    private(set) var helloBytes = 0

    struct Side {
        var assembler = HandshakeAssembler()
        var changeCipherSpecs = 0
        var protectedRecords = 0
        var hellos = 0
        var alert: Alert?
        /// An alert in the clear ended what it sends.
        var isOver = false
        /// A part of its handshake is not in the capture.
        var hasLost = false
        /// Seen from the middle on, it sends what looks like handshake messages under keys.
        var looksEncrypted = false
    }

    /// What a record turned out to be.
    struct Judgement {
        var kind: RecordClass
        /// Names of the messages in the clear, or of the alert.
        var words: [String] = []
        /// Messages in the clear that it completes.
        var messages: [HandshakeType] = []
        var alert: Alert?
        /// Certificates in the clear that it completes.
        var certificates: [CertificateFacts] = []
        /// The same as they stand there, in DER.
        var certificateChain: [[UInt8]] = []
        /// Rules that it breaks.
        var breaches: [Breach] = []
    }

    init(isWhole: Bool) {
        self.isWhole = isWhole
    }

    /// Nothing was missed of what rules may depend on.
    var seesAll: Bool { isWhole && !hasForeign }
    /// What both agreed on; `nil` before the ServerHello.
    var version: TLSVersion? { serverHello?.version }
    /// Both sides have sent something under keys.
    var isEstablished: Bool { serverHello != nil && sides.allSatisfy { $0.protectedRecords > 0 } }
    func alert(from direction: FlowDirection) -> Alert? { sides[direction.index].alert }
    func protectedRecords(from direction: FlowDirection) -> Int { sides[direction.index].protectedRecords }

    /// About how many bytes of memory it needs beside what every connection does.
    var heldBytes: Int { sides[0].assembler.heldBytes + sides[1].assembler.heldBytes + helloBytes }

    /// A name in a list takes 32 times as much as on the wire; in a hello of the usual size there are few.
    private static func memory(hello body: [UInt8]) -> Int { 2 * body.count + 32 * max(0, body.count - 3_072) }

    /// Whether a handshake message has begun, and not ended.
    func isInMessage(from direction: FlowDirection) -> Bool {
        !sides[direction.index].hasLost && sides[direction.index].assembler.isInMessage
    }

    /// A part of what `direction` sent is not in the capture: not all that follows can be judged.
    mutating func lose(_ direction: FlowDirection) {
        isWhole = false
        sides[direction.index].hasLost = true
        inner.lose(direction)
    }

    // MARK: Records

    mutating func judge(_ record: ScannedRecord, from direction: FlowDirection) -> Judgement {
        if isTLS13, record.header.contentType == .applicationData, isOrdinary(record.header, direction) {
            return protected(direction)
        }
        var check = RuleCheck()
        var judgement = judgeAlone(record, direction, &check)
        judgeSequence(record, direction, judgement, &check)
        if !seesAll, !isTLS13 {
            // It may be under keys whose hellos were not seen.
            let wasBroken = !check.breaches.isEmpty
            check.keepWhatStandsAlone()
            if wasBroken, judgement.kind != .handshake { judgement = Judgement(kind: .unaccounted) }
        }
        checked.formUnion(check.checked)
        judgement.breaches = check.breaches
        return judgement
    }

    /// What nearly every record of a connection is: under keys, and as it should be.
    private func isOrdinary(_ header: TLSRecordHeader, _ direction: FlowDirection) -> Bool {
        let side = sides[direction.index]
        return side.protectedRecords > 0 && header.version == .tls12 && header.payloadLength >= leastProtected
            && header.payloadLength <= TLSRecordHeader.longestTLS13Payload && !side.isOver
            && !side.assembler.isInMessage
    }

    private mutating func judgeAlone(
        _ record: ScannedRecord, _ direction: FlowDirection, _ check: inout RuleCheck
    ) -> Judgement {
        check.pass([.recordType])
        guard record.missing == 0, record.isWhole || record.header.contentType == .applicationData else {
            return judgeDamaged(record, direction, &check)
        }
        if record.isSSL2 { return judgeSSL2(record, direction, &check) }
        if isUnderKeys(direction), !isLateHello(record) { return oldProtected(record, direction, &check) }
        judgeHeader(record.header, direction, &check)
        switch record.header.contentType {
        case .handshake: return handshake(record, direction, &check)
        case .changeCipherSpec: return changeCipherSpec(record, direction, &check)
        case .alert: return alert(record, direction, &check)
        case .applicationData: return applicationData(record, direction, &check)
        case .heartbeat: return heartbeat(record, direction, &check)
        }
    }

    /// Rules about what stands between other records, or after them.
    private mutating func judgeSequence(
        _ record: ScannedRecord, _ direction: FlowDirection, _ judgement: Judgement, _ check: inout RuleCheck
    ) {
        let side = sides[direction.index]
        if isTLS13 || hasRetry, record.header.contentType != .handshake, check.breaches.isEmpty {
            check.expect(
                .interleaving, !isInMessage(from: direction), "another record between the parts of a handshake message")
        }
        if side.isOver, judgement.alert == nil {
            check.fail(
                .afterAlert, "a record of \(direction.sender) after the alert with which it ended the connection")
        }
    }

    /// A record of which not all was seen. Under keys it does not matter what it holds.
    private mutating func judgeDamaged(
        _ record: ScannedRecord, _ direction: FlowDirection, _ check: inout RuleCheck
    ) -> Judgement {
        if record.header.contentType == .applicationData || isUnderKeys(direction) { return protected(direction) }
        if isTLS13, record.header.contentType == .handshake, !mayStillGreet(direction) {
            check.fail(.clearAfterKeys, Self.clearAfterKeys)
            return Judgement(kind: .unaccounted)
        }
        lose(direction)
        return Judgement(kind: .unaccounted)
    }

    static let clearAfterKeys = "a handshake record in the clear, where keys are in use already"

    /// Before TLS 1.3 everything after the sender's ChangeCipherSpec is under keys, whatever its type. A server that asks for
    /// another hello speaks TLS 1.3.
    func isUnderKeys(_ direction: FlowDirection) -> Bool {
        let side = sides[direction.index]
        return !isTLS13 && !hasRetry
            && (side.changeCipherSpecs > 0 && (serverHello != nil || !seesAll) || side.looksEncrypted)
    }

    mutating func protected(_ direction: FlowDirection) -> Judgement {
        sides[direction.index].protectedRecords += 1
        return Judgement(kind: .protected)
    }

    // MARK: Application data

    private mutating func applicationData(
        _ record: ScannedRecord, _ direction: FlowDirection, _ check: inout RuleCheck
    ) -> Judgement {
        let length = record.header.payloadLength
        if isTLS13 {
            check.expect(
                .protectedRecordVersion, record.header.version == .tls12 || !isFinal,
                "an encrypted record of version \(record.header.version)")
            check.expect(.protectedRecordTag, length >= leastProtected, "an encrypted record too short for its tag")
            check.expect(
                .protectedRecordLength, length <= TLSRecordHeader.longestTLS13Payload,
                "an encrypted record longer than TLS 1.3 allows")
            if sides[direction.index].protectedRecords == 0 { check.pass([.clearAfterKeys, .alertAfterKeys]) }
            if traits?.isNull == true {
                check.fail(.nullEncryption, "a record under a cipher suite that does not encrypt")
            }
            if isInMessage(from: direction) { return Judgement(kind: .protected) }
            return check.breaches.isEmpty ? protected(direction) : Judgement(kind: .unaccounted)
        }
        let isEarlyData =
            direction == .clientToServer && serverHello == nil && clientHello?.extensions.hasEarlyData == true
        if !seesAll { return protected(direction) }
        check.expect(.dataBeforeKeys, isEarlyData, "application data before there are keys")
        return isEarlyData ? protected(direction) : Judgement(kind: .unaccounted)
    }

    // MARK: With keys

    /// What the keys show of a record of TLS 1.3.
    mutating func see(_ content: InnerRecord.Content, from direction: FlowDirection) -> [Breach] {
        guard isTLS13 else { return [] }
        var check = RuleCheck()
        inner.judge(
            content, direction,
            isEarly: direction == .clientToServer && clientHello?.extensions.hasEarlyData == true, &check)
        checked.formUnion(check.checked)
        return check.breaches
    }

    /// A stream of TLS goes on with what is no record.
    /// - Parameter sample: its first bytes.
    mutating func seeForeign(_ sample: [UInt8], from direction: FlowDirection) -> [Breach] {
        hasForeign = true
        let side = sides[direction.index]
        guard side.hellos + side.protectedRecords > 0, sides.contains(where: { $0.hellos > 0 }) else { return [] }
        let isTyped = sample.first.flatMap { TLSContentType(rawValue: $0) } != nil
        let words =
            isTyped
            ? "\(direction.sender) goes on with a record whose version or length TLS does not have"
            : "\(direction.sender) goes on with what is no record: type \(sample.first ?? 0)"
        checked.insert(.recordType)
        return [Breach(rule: .recordType, words: words)]
    }

    // MARK: Hellos

    mutating func take(clientHello message: HandshakeAssembler.Message, _ check: inout RuleCheck) {
        do throws(TLSDecodeError) {
            let hello = try ClientHello(decoding: message.body)
            let isAgain = sides[0].hellos > 0
            sides[0].hellos += 1
            helloCount += 1
            lastClientHello = hello
            check.expect(
                .helloOnce, !isAgain || hasRetry && sides[0].hellos == 2, "a second ClientHello that nobody asked for")
            guard !isAgain || hasRetry && sides[0].hellos == 2 else { return }
            clientHello = hello
            helloBytes += Self.memory(hello: message.body)
        } catch {
            check.fail(.helloSyntax, "\(error)")
        }
        guard let fields = Self.fields(message, isClient: true, &check) else { return }
        let new = ClientOffer(fields)
        let isSecond = retry != nil
        new.judge(isSecond: isSecond || !seesAll, &check)
        retry?.judge(second: new, &check)
        offer = new
    }

    private static func fields(
        _ message: HandshakeAssembler.Message, isClient: Bool, _ check: inout RuleCheck
    ) -> HelloFields? {
        do {
            return isClient ? try HelloFields(client: message.body) : try HelloFields(server: message.body)
        } catch {
            if !check.breaches.contains(where: { $0.rule == .helloSyntax }) {
                check.fail(.helloSyntax, "a malformed hello: \(error)")
            }
            return nil
        }
    }

    mutating func take(serverHello message: HandshakeAssembler.Message, _ check: inout RuleCheck) {
        let hello: ServerHello
        do throws(TLSDecodeError) {
            hello = try Self.serverHello(message.body)
        } catch {
            check.fail(.helloSyntax, "\(error)")
            return
        }
        sides[1].hellos += 1
        helloCount += 1
        lastServerHello = hello
        helloBytes += Self.memory(hello: message.body)
        let fields = Self.fields(message, isClient: false, &check)
        if hello.isRetryRequest {
            check.expect(.retryOnce, !hasRetry, "a second HelloRetryRequest (RFC 8446 §4.1.4)")
            if !hasRetry, let fields, fields.chosenVersion == 0x0304 { askAgain(fields, &check) }
            hasRetry = true
            return
        }
        check.expect(.helloOnce, serverHello == nil, "a second ServerHello")
        guard serverHello == nil else { return }
        if seesAll { check.expect(.helloFirst, clientHello != nil, "a ServerHello without a ClientHello") }
        if hasRetry, seesAll {
            check.expect(.helloFirst, sides[0].hellos > 1, "a ServerHello before the ClientHello that was asked for")
        }
        accept(hello)
        if let fields { ServerAnswer(fields).judge(offer, retry, &check) }
        settle(fields, &check)
    }

    private mutating func askAgain(_ fields: HelloFields, _ check: inout RuleCheck) {
        RetryRequest.judge(fields, offer, &check)
        retry = RetryRequest(fields, after: offer)
    }

    /// Drafts before the 22nd of TLS 1.3 leave out two fields, which are put in.
    private static func serverHello(_ body: [UInt8]) throws(TLSDecodeError) -> ServerHello {
        do throws(TLSDecodeError) {
            return try ServerHello(decoding: body)
        } catch {
            guard body.count >= 36, HelloFields.isEarlyDraft(UInt16(body[0]) << 8 | UInt16(body[1])) else {
                throw error
            }
            return try ServerHello(decoding: body[..<34] + [0] + body[34..<36] + [0] + body[36...])
        }
    }

    /// A draft's HelloRetryRequest was a message of its own.
    mutating func takeDraftRetry() { hasRetry = true }

    private mutating func accept(_ hello: ServerHello) {
        serverHello = hello
        let version = hello.version
        isTLS13 = version == .tls13 || version.rawValue > 0x0304
        isFinal = hello.extensions.versions.first == .tls13
        traits = SuiteTraits(hello.cipherSuite.rawValue)
        leastProtected = (traits?.tagLength ?? 16) + 1
        group = hello.extensions.keyShareGroups.first
    }

    /// What was offered is answered: from now on it takes no memory.
    private mutating func settle(_ fields: HelloFields?, _ check: inout RuleCheck) {
        check.expect(
            .nullEncryption, traits?.isNull != true,
            "\(serverHello?.cipherSuite.description ?? "") does not encrypt")
        if isTLS13 {
            if sides[0].changeCipherSpecs > 1 { check.fail(.changeOnce, Self.secondChange(.clientToServer)) }
        } else {
            old.begin(offer)
            check.expect(
                .changeEarly, sides[0].changeCipherSpecs == 0 || !seesAll,
                "a ChangeCipherSpec of the client before the ServerHello")
        }
        offer = nil
        retry = nil
    }

    static func secondChange(_ direction: FlowDirection) -> String {
        "a second ChangeCipherSpec from \(direction.sender): TLS 1.3 has no use for it"
    }

    // MARK: Messages of TLS 1.2

    mutating func take(keyExchange message: HandshakeAssembler.Message, _ check: inout RuleCheck) {
        guard let serverHello, message.isKept else { return }
        old.takeKeyExchange(message.body, serverHello, &check)
        if let curve = old.group { group = NamedGroup(rawValue: curve) }
    }
}
