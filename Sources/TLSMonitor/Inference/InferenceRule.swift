/// A reason to believe that an encrypted record is something, and how often it was right.
///
/// Every rule was measured on connections whose keys are known: `docs/inference.md` says on which.
enum InferenceRule: Int, CaseIterable, Sendable {
    // The server's flight.
    case extensionsExplained, extensionsShort, requestShort, certificateLong, certificateOrCompressed,
        certificateAfterRequest,
        verifySized, serverFinished, resumedFinished, serverFlight, resumedFlight, fragment
    // After it.
    case ticketShaped, ticketAgain, ticketOfJava, ticketOfGnuTLS, ticketsPacked, serverFirstData
    // The client's flight.
    case earlyData, endOfEarlyData, clientFinished, noCertificate, noCertificateFlight, clientCertificate, clientFlight,
        clientVerify, clientFinishedLast
    // Any time.
    case alertEarly, closeNotify, closeAmongShort, canceled, keyUpdate, keyUpdateAnswer, keyUpdateAmongShort, data
    // Under padding there is order, and no size.
    case paddedExtensions, paddedCertificate, paddedVerify, paddedFinished, paddedClient, paddedData
    // TLS 1.2 and before.
    case finished12, alert12
    // Whether the client has a certificate.
    case provenByVerify, provenByLength, unprovenByFinished, unprovenByEmpty, unprovenByResumption

    /// Names of what the record holds.
    var names: [String] {
        switch self {
        case .extensionsExplained, .extensionsShort, .paddedExtensions: ["EncryptedExtensions"]
        case .requestShort: ["CertificateRequest"]
        case .certificateLong, .certificateOrCompressed, .certificateAfterRequest, .noCertificate, .clientCertificate,
            .fragment,
            .paddedCertificate:
            ["Certificate"]
        case .verifySized, .clientVerify, .paddedVerify: ["CertificateVerify"]
        case .serverFinished, .resumedFinished, .clientFinished, .clientFinishedLast, .paddedFinished, .paddedClient,
            .finished12:
            ["Finished"]
        case .serverFlight: ["EncryptedExtensions", "Certificate", "CertificateVerify", "Finished"]
        case .resumedFlight: ["EncryptedExtensions", "Finished"]
        case .ticketShaped, .ticketAgain, .ticketOfJava, .ticketOfGnuTLS: ["NewSessionTicket"]
        case .ticketsPacked: ["NewSessionTicket", "NewSessionTicket"]
        case .endOfEarlyData: ["EndOfEarlyData"]
        case .noCertificateFlight: ["Certificate", "Finished"]
        case .clientFlight: ["Certificate", "CertificateVerify", "Finished"]
        case .alertEarly: ["alert"]
        case .canceled: ["user_canceled"]
        case .closeNotify, .closeAmongShort, .alert12: ["close_notify"]
        case .keyUpdate, .keyUpdateAnswer, .keyUpdateAmongShort: ["KeyUpdate"]
        case .serverFirstData, .earlyData, .data, .paddedData: ["application data"]
        case .provenByVerify, .provenByLength: ["client certificate"]
        case .unprovenByFinished, .unprovenByEmpty, .unprovenByResumption: ["no client certificate"]
        }
    }

    /// Why, in words for people; different for every rule.
    var reason: String {
        switch self {
        case .extensionsExplained: "the server's first record, as long as an answer to this offer"
        case .extensionsShort: "the server's first record, and short"
        case .requestShort: "after the extensions, and too short for a certificate"
        case .certificateLong: "after the extensions, and as long as a certificate"
        case .certificateOrCompressed: "after the extensions, and long: the client would take it compressed, too"
        case .certificateAfterRequest: "a second long record: the first one was a request, or a part"
        case .verifySized: "after the certificate, and as long as a signature"
        case .serverFinished: "exactly as long as a Finished"
        case .resumedFinished: "after the extensions of a resumed session, and exactly as long as a Finished"
        case .serverFlight: "the server's first record, and long: all its messages in one"
        case .resumedFlight: "the first record of a resumed session, longer than the extensions: all messages in one"
        case .fragment: "a part of what may be a certificate"
        case .ticketShaped: "after the Finished, and as long as OpenSSL makes its tickets"
        case .ticketAgain: "as long as the ticket before"
        case .ticketOfJava: "after the Finished of a server that pads as Java does, which begins with a ticket"
        case .ticketOfGnuTLS: "after the Finished, and as long as GnuTLS makes its tickets"
        case .ticketsPacked: "after a server's flight in one record, and as long as two tickets in one"
        case .serverFirstData: "after the Finished, not as long as a ticket"
        case .earlyData: "before the handshake's end, from a client that announced early data"
        case .endOfEarlyData: "after early data, as long as its end"
        case .clientFinished: "the client's first record, exactly as long as a Finished"
        case .noCertificate: "the client's first record, as long as a Certificate without one"
        case .noCertificateFlight: "the client's first record, as long as a Certificate without one and a Finished"
        case .clientCertificate: "the client's first record, as long as a certificate"
        case .clientFlight: "the client's first record, long, of a library that packs its messages"
        case .clientVerify: "after the client's certificate, and as long as a signature"
        case .clientFinishedLast: "after the client's certificate, exactly as long as a Finished"
        case .alertEarly: "as long as an alert, before the handshake's end"
        case .closeNotify: "as long as an alert, after the handshake"
        case .keyUpdate: "as long as a KeyUpdate, or five bytes of data"
        case .keyUpdateAnswer: "as long as a KeyUpdate, after one of the other side"
        case .data: "after the handshake"
        case .closeAmongShort: "as long as an alert, or two bytes of data, where other data is as short"
        case .canceled: "the first alert of a side that pads as Java does, which says so before it closes"
        case .keyUpdateAmongShort: "as long as a KeyUpdate, or five bytes of data, where other data is as short"
        case .paddedExtensions: "the server's first record, padded"
        case .paddedCertificate: "the server's second record, padded"
        case .paddedVerify: "the server's third record, padded"
        case .paddedFinished: "the server's last record of the handshake by its order, padded"
        case .paddedClient: "the client's first record, padded"
        case .paddedData: "after a padded handshake"
        case .finished12: "the first handshake record under keys before TLS 1.3"
        case .alert12: "an alert under keys before TLS 1.3"
        case .provenByVerify: "the client sent what is as long as a certificate, and a signature"
        case .provenByLength: "the client's first record is longer than a Finished"
        case .unprovenByFinished: "the client's first record is exactly as long as a Finished"
        case .unprovenByEmpty: "the client's first record is as long as a Certificate without one"
        case .unprovenByResumption: "the session is resumed: who the client is was settled before"
        }
    }

    /// The guess, made once.
    var inference: Inference { Self.table[rawValue] }

    private static let table = allCases.map {
        Inference(names: $0.names, confidence: $0.confidence, reason: $0.reason)
    }

    /// The mean of what is believed of the rule after the measurement, if nothing was believed before; never certainty.
    var confidence: Double {
        let (right, total) = measured
        return min(0.99, Double(right + 1) / Double(total + 2))
    }

    /// How often it was right, of how many times that it spoke: on connections of six libraries whose keys are known.
    var measured: (right: Int, of: Int) {
        switch self {
        case .extensionsExplained: (1_190, 1_190)
        case .extensionsShort: (298, 298)
        case .requestShort: (570, 570)
        case .certificateLong: (320, 416)
        case .certificateOrCompressed: (20, 25)
        case .certificateAfterRequest: (653, 653)
        case .verifySized: (993, 1_003)
        case .serverFinished: (993, 993)
        case .resumedFinished: (477, 477)
        case .serverFlight: (157, 157)
        case .resumedFlight: (0, 0)
        case .fragment: (0, 0)
        case .ticketShaped: (674, 676)
        case .ticketAgain: (679, 679)
        case .ticketOfJava: (183, 193)
        case .ticketOfGnuTLS: (263, 264)
        case .ticketsPacked: (18, 28)
        case .serverFirstData: (294, 294)
        case .earlyData: (7, 7)
        case .endOfEarlyData: (7, 7)
        case .clientFinished: (868, 868)
        case .noCertificate: (258, 258)
        case .noCertificateFlight: (29, 29)
        case .clientCertificate: (403, 403)
        case .clientFlight: (54, 54)
        case .clientVerify: (403, 407)
        case .clientFinishedLast: (661, 661)
        case .alertEarly: (131, 131)
        case .closeNotify: (2_122, 2_177)
        case .closeAmongShort: (188, 249)
        case .canceled: (195, 195)
        case .keyUpdate: (0, 4)
        case .keyUpdateAnswer: (0, 2)
        case .keyUpdateAmongShort: (69, 107)
        case .data: (3_028, 3_048)
        case .paddedExtensions: (42, 42)
        case .paddedCertificate: (26, 62)
        case .paddedVerify: (30, 66)
        case .paddedFinished: (30, 66)
        case .paddedClient: (12, 59)
        case .paddedData: (240, 593)
        case .finished12: (76, 76)
        case .alert12: (68, 71)
        case .provenByVerify: (407, 407)
        case .provenByLength: (50, 50)
        case .unprovenByFinished: (391, 391)
        case .unprovenByEmpty: (287, 287)
        case .unprovenByResumption: (477, 477)
        }
    }
}
