import TLSWire

/// Guesses of one connection's encrypted records what they are, from their lengths, order and directions.
///
/// It follows both sides through the handshake as RFC 8446 §2 orders it; which record takes which step is told by the lengths that
/// the RFC fixes. Once both have taken the last step there is nothing left to follow, and a record costs a few comparisons.
struct RecordInference {
    /// Whether the client sent a certificate, once that can be said.
    private(set) var clientCertificate: Inference?

    private var sizes: RecordSizes?
    private var hasBegun = false
    /// Nothing can be said: the handshake is not in the capture, or not known here.
    private var isBlind = false
    private var isTLS13 = false
    private var isResumed = false
    private var isEarly = false
    /// What the client's hello says of its library: whether it packs its messages into one record.
    private var clientPacks = false
    private var mayCompress = false
    /// Whether the client can resume a session, so that tickets are of use to it.
    private var takesTickets = true
    private var server = ServerStep.start
    private var client = ClientStep.start
    private var sides = (client: Side(), server: Side())
    /// The server had all its messages in one record.
    private var isPacked = false
    /// Of the last ticket.
    private var ticketLength = 0
    private var tickets = 0

    private enum ServerStep { case start, extensions, request, certificate, verify, tickets, steady }
    private enum ClientStep { case start, certificate, verify, steady }

    /// What one side's lengths are like.
    private struct Side {
        var records = 0
        /// Of application data, by the guesses.
        var data = 0
        var shortData = 0
        /// What all lengths of its handshake are multiples of: more than chance makes them if it pads.
        var grid = 0
        var isPadded = false
        /// Zeros that it adds to every record.
        var extra = 0
        /// Records as long as an alert.
        var alerts = 0
        /// The last record was as long as a KeyUpdate.
        var mayHaveUpdated = false
    }

    /// - Parameters:
    ///   - record: the next encrypted record that `direction` sent.
    ///   - view: asked for only while there is something to follow.
    mutating func infer(
        _ record: ScannedRecord, from direction: FlowDirection, _ view: @autoclosure () -> TLSHandshakeView
    ) -> Inference? {
        rule(record, direction, view())?.inference
    }

    mutating func rule(
        _ record: ScannedRecord, _ direction: FlowDirection, _ view: @autoclosure () -> TLSHandshakeView
    ) -> InferenceRule? {
        if isBlind { return nil }
        if !hasBegun {
            let view = view()
            guard begin(view) else { return view.serverHello == nil ? ruleBeforeAnswer(direction, view) : nil }
        }
        guard isTLS13 else { return rule12(record.header, direction) }
        guard let sizes else { return nil }
        let isClient = direction == .clientToServer
        let content = record.header.payloadLength - sizes.overhead - (isClient ? sides.client : sides.server).extra
        guard content >= 0 else { return nil }
        if isClient ? client == .steady : server == .steady { return steadyRule(content, isClient) }
        // A gap in the handshake: what follows has lost its place.
        guard view().isWhole else {
            isBlind = true
            return nil
        }
        let lean = note(content, isClient, sizes)
        return isClient ? clientRule(lean, sizes) : serverRule(lean, sizes)
    }

    // MARK: The beginning

    private mutating func begin(_ view: TLSHandshakeView) -> Bool {
        guard let answer = view.serverHello else { return false }
        hasBegun = true
        isTLS13 = view.isTLS13
        sizes = RecordSizes(answer.cipherSuite)
        isResumed = answer.extensions.hasPreSharedKey
        guard view.isWhole, !isTLS13 || sizes != nil else {
            isBlind = true
            return false
        }
        guard let hello = view.clientHello else { return true }
        offer = hello
        let types = hello.extensions.types
        isEarly = hello.extensions.hasEarlyData || (isEarly && !view.hasRetry)
        mayCompress = types.contains(27)
        takesTickets = types.contains(45)
        clientPacks =
            hello.cipherSuites.contains { GREASE.contains($0.rawValue) }
            || (types.contains(28) && !types.contains(22) && !types.contains(49))
        return true
    }

    /// Until the first server record was judged.
    private var offer: ClientHello?

    /// Early data comes before the server has answered.
    private mutating func ruleBeforeAnswer(_ direction: FlowDirection, _ view: TLSHandshakeView) -> InferenceRule? {
        guard view.isWhole, direction == .clientToServer, view.clientHello?.extensions.hasEarlyData == true else {
            return nil
        }
        isEarly = true
        return .earlyData
    }

    // MARK: Padding

    /// Java's library adds so many zeros to every record.
    private static let usualExtra = 16

    /// Whoever pads makes all lengths, with the type's byte, multiples of something, or adds the same to each.
    /// - Returns: the content's length without what is always added.
    private mutating func note(_ content: Int, _ isClient: Bool, _ sizes: RecordSizes) -> Int {
        var side = isClient ? sides.client : sides.server
        side.records += 1
        side.grid = Self.commonDivisor(side.grid, content + 1)
        if side.records == 1 {
            let isPower = (side.grid & (side.grid - 1) == 0 && side.grid >= 64) || side.grid % 500 == 0
            let follows = isClient && sides.server.isPadded && side.grid % max(1, sides.server.grid) == 0
            side.isPadded = isPower || follows
        } else {
            // By chance two lengths have such a divisor once in 1,000 times, three once in 4,000.
            side.isPadded = side.grid % 32 == 0 || side.grid % 50 == 0 || (side.records > 2 && side.grid % 16 == 0)
        }
        let lean = content - Self.usualExtra
        let isAfterCertificate = isClient ? client == .certificate : server == .certificate
        let isFinished = lean == sizes.finished && (isClient || server != .start)
        let isEmpty = isClient && client == .start && lean == RecordSizes.emptyCertificate
        let isVerify = isAfterCertificate && RecordSizes.isVerify(lean) && !RecordSizes.isVerify(content)
        let addsUsual = side.extra == 0 && (isFinished || isVerify || isEmpty)
        if addsUsual { side.extra = Self.usualExtra }
        if isClient { sides.client = side } else { sides.server = side }
        return addsUsual ? lean : content
    }

    private static func commonDivisor(_ one: Int, _ other: Int) -> Int {
        var (one, other) = (one, other)
        while other != 0 { (one, other) = (other, one % other) }
        return one
    }

    // MARK: The server

    private mutating func serverRule(_ content: Int, _ sizes: RecordSizes) -> InferenceRule? {
        if sides.server.isPadded { return paddedServerRule() }
        let isLongAlert = content == RecordSizes.alert + Self.usualExtra && server != .start && sides.server.extra == 0
        if content == RecordSizes.alert || isLongAlert {
            let isEnd = tickets > 0 || sides.server.data > 0
            server = .steady
            return isEnd ? steadyRule(content, false) : .alertEarly
        }
        switch server {
        case .start: return firstServerRule(content, sizes)
        case .extensions:
            if content == sizes.finished {
                server = .tickets
                return isResumed ? .resumedFinished : .serverFinished
            }
            if content < RecordSizes.leastCertificate {
                server = .request
                return .requestShort
            }
            server = .certificate
            return content == RecordSizes.full ? .fragment : mayCompress ? .certificateOrCompressed : .certificateLong
        case .request, .certificate:
            if content == sizes.finished {
                server = .tickets
                return .serverFinished
            }
            if server == .certificate, RecordSizes.isVerify(content) {
                server = .verify
                return .verifySized
            }
            // Two that are long: the first one asked, and named many authorities.
            server = .certificate
            return content >= RecordSizes.leastCertificate ? .certificateAfterRequest : .fragment
        case .verify:
            server = .tickets
            return content == sizes.finished ? .serverFinished : ticketRule(content)
        case .tickets:
            if content == sizes.finished, client == .start { return .serverFinished }
            return ticketRule(content)
        case .steady: return nil
        }
    }

    private mutating func firstServerRule(_ content: Int, _ sizes: RecordSizes) -> InferenceRule? {
        let hello = offer
        offer = nil
        if RecordSizes.isExplained(content, by: hello) {
            server = .extensions
            return .extensionsExplained
        }
        if isResumed, RecordSizes.isExplained(content - sizes.finished, by: hello) {
            server = .tickets
            isPacked = true
            return .resumedFlight
        }
        if content < RecordSizes.leastCertificate {
            server = .extensions
            return .extensionsShort
        }
        server = .tickets
        isPacked = true
        return isResumed ? .resumedFlight : .serverFlight
    }

    /// After the server's Finished come tickets, and answers to what the client asked.
    private mutating func ticketRule(_ content: Int) -> InferenceRule {
        if content == ticketLength, tickets > 0 {
            tickets += 1
            if tickets > 8 { server = .steady }
            return .ticketAgain
        }
        guard tickets == 0, let rule = firstTicketRule(content) else {
            server = .steady
            if content == RecordSizes.keyUpdate || content == RecordSizes.alert { return steadyRule(content, false) }
            sides.server.data += 1
            return tickets == 0 ? .serverFirstData : .data
        }
        tickets = 1
        ticketLength = content
        return rule
    }

    private func firstTicketRule(_ content: Int) -> InferenceRule? {
        guard takesTickets, content >= 50 else { return nil }
        if sides.server.extra > 0 { return .ticketOfJava }
        if isPacked { return content % 2 == 0 && (300...2_000).contains(content) ? .ticketsPacked : nil }
        // A nonce of eight, multiples of sixteen, perhaps early data's limit; GnuTLS: a nonce of one more than that.
        switch content % 16 {
        case 9, 1: return .ticketShaped
        case 11 where content >= 200: return .ticketOfGnuTLS
        default: return nil
        }
    }

    // MARK: The client

    private mutating func clientRule(_ content: Int, _ sizes: RecordSizes) -> InferenceRule? {
        if content == RecordSizes.alert {
            client = .steady
            return .alertEarly
        }
        if isEarly, client == .start, content != sizes.finished {
            guard content == RecordSizes.endOfEarlyData else { return .earlyData }
            isEarly = false
            return .endOfEarlyData
        }
        isEarly = false
        if sides.client.isPadded {
            client = .steady
            return .paddedClient
        }
        switch (client, content) {
        case (.start, sizes.finished):
            client = .steady
            clientCertificate = (isResumed ? InferenceRule.unprovenByResumption : .unprovenByFinished).inference
            return .clientFinished
        case (.start, RecordSizes.emptyCertificate):
            client = .verify
            clientCertificate = InferenceRule.unprovenByEmpty.inference
            return .noCertificate
        case (.start, RecordSizes.emptyCertificate + sizes.finished):
            client = .steady
            clientCertificate = InferenceRule.unprovenByEmpty.inference
            return .noCertificateFlight
        case (.start, RecordSizes.leastCertificate...):
            client = .certificate
            clientCertificate = InferenceRule.provenByLength.inference
            return clientPacks ? .clientFlight : .clientCertificate
        case (.certificate, _) where RecordSizes.isVerify(content):
            client = .verify
            clientCertificate = InferenceRule.provenByVerify.inference
            return .clientVerify
        case (.certificate, sizes.finished), (.verify, sizes.finished):
            client = .steady
            return .clientFinishedLast
        default:
            client = .steady
            return steadyRule(content, true)
        }
    }

    // MARK: Afterwards

    /// Both sides have finished: nothing here may take memory or time.
    private mutating func steadyRule(_ content: Int, _ isClient: Bool) -> InferenceRule {
        if isClient {
            return Self.steadyRule(content, &sides.client, &sides.server)
        }
        return Self.steadyRule(content, &sides.server, &sides.client)
    }

    private static func steadyRule(_ content: Int, _ own: inout Side, _ other: inout Side) -> InferenceRule {
        if content == RecordSizes.keyUpdate {
            let isAnswer = other.mayHaveUpdated
            other.mayHaveUpdated = false
            own.mayHaveUpdated = !isAnswer
            if own.shortData > 0 || other.shortData > 0 { return .keyUpdateAmongShort }
            return isAnswer ? .keyUpdateAnswer : .keyUpdate
        }
        own.mayHaveUpdated = false
        if content == RecordSizes.alert {
            let isFirst = own.alerts == 0
            own.alerts &+= 1
            if !isFirst, own.extra == 0 { own.shortData &+= 1 }
            if own.shortData > 0 { return .closeAmongShort }
            return own.extra > 0 && isFirst && other.alerts == 0 ? .canceled : .closeNotify
        }
        if own.isPadded { return .paddedData }
        if own.alerts > 0 || content < shortest { own.shortData &+= 1 }
        own.data &+= 1
        return .data
    }

    /// Whoever sends data as short as this may send two bytes, or five.
    private static let shortest = 16

    private mutating func paddedServerRule() -> InferenceRule {
        switch server {
        case .start:
            server = .extensions
            return .paddedExtensions
        case .extensions, .request:
            server = .certificate
            return isResumed ? .paddedFinished : .paddedCertificate
        case .certificate:
            server = .verify
            return .paddedVerify
        case .verify:
            server = .tickets
            return .paddedFinished
        case .tickets, .steady:
            server = .steady
            return .paddedData
        }
    }

    // MARK: TLS 1.2 and before

    /// There the type is in the clear; the first handshake message under keys is the Finished (RFC 5246 §7.4.9).
    private mutating func rule12(_ header: TLSRecordHeader, _ direction: FlowDirection) -> InferenceRule? {
        switch header.contentType {
        case .handshake:
            let isFirst = direction == .clientToServer ? sides.client.records == 0 : sides.server.records == 0
            if direction == .clientToServer { sides.client.records = 1 } else { sides.server.records = 1 }
            return isFirst ? .finished12 : nil
        case .alert: return .alert12
        default: return nil
        }
    }
}
