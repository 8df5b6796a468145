/// What a genuine certificate says: one whose chain ends in our authority, and that keeps every rule of ``CertificatePolicy``.
///
/// Genuine does not mean valid: what changes with time, expiry and revocation, is told apart, because a room's members must be
/// recognised after their certificates have lapsed. ``lapse(at:)`` answers for a point in time.
public struct JudgedCertificate: Hashable, Sendable {
    /// Whom it names.
    public enum Subject: Hashable, Sendable {
        case device(PeerIdentity)
        /// A server, by its first host.
        case server(String)
    }

    /// What the authority's revocation list says of it.
    public enum Revocation: Hashable, Sendable {
        /// It is not on the list, or there is none here: a client may do without.
        case none
        /// Seconds since 1970.
        case since(Int64)
        /// The list cannot be used; the sentence says why, and what to do.
        case unknown(String)
    }

    public var subject: Subject
    /// The public key as an uncompressed point (SEC 1 §2.3.3): 65 bytes of P-256, 97 of P-384.
    public var key: [UInt8]
    /// Upper-case hexadecimal digits, 2 to 40 of them.
    public var serialNumber: String
    /// SHA-256 of the encoded certificate, in upper-case hexadecimal digits.
    public var fingerprint: String
    /// Seconds since 1970, both ends included.
    public var validity: ClosedRange<Int64>
    public var revocation: Revocation

    public init(
        subject: Subject, key: [UInt8], serialNumber: String, fingerprint: String, validity: ClosedRange<Int64>,
        revocation: Revocation
    ) {
        self.subject = subject
        self.key = key
        self.serialNumber = serialNumber
        self.fingerprint = fingerprint
        self.validity = validity
        self.revocation = revocation
    }

    /// The device that it names; `nil` for a server's.
    public var identity: PeerIdentity? {
        if case .device(let identity) = subject { identity } else { nil }
    }

    /// Why it does not count at a time, in one sentence with the remedy; `nil` if it does.
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - passesUnknown: whether it counts although the revocation list cannot be used.
    public func lapse(at now: Int64, passesUnknown: Bool = false) -> String? {
        switch revocation {
        case .unknown(let sentence) where !passesUnknown: return sentence
        case .unknown: break
        case .since(let time) where now >= time: return "\(owner) certificate was revoked; \(replacement)"
        case .since, .none: break
        }
        if now > validity.upperBound {
            return "\(owner) certificate expired \(Duration.words(Self.distance(now, validity.upperBound))) ago; "
                + "run scripts/certs renew \(name)"
        }
        if now < validity.lowerBound {
            return "\(owner) certificate is not valid yet, for another "
                + "\(Duration.words(Self.distance(validity.lowerBound, now))); "
                + "check the clocks of both machines (timedatectl)"
        }
        return nil
    }

    private static func distance(_ late: Int64, _ early: Int64) -> Int64 {
        let (seconds, overflow) = late.subtractingReportingOverflow(early)
        return overflow ? .max : seconds
    }

    private var name: String { identity?.description ?? "server" }

    private var owner: String { identity.map { "\($0)'s" } ?? "the server's" }

    private var replacement: String {
        guard let identity else { return "make another with scripts/certs server" }
        return "make another with scripts/certs client \(identity.user) --device \(identity.device)"
    }
}

/// Why a certificate is not genuine, or no certificate at all.
public struct CertificateRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence with the cause and the remedy.
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Judges a chain of certificates in DER, the leaf first, by the deployment's authority.
public typealias CertificateJudgement =
    @Sendable (_ chain: [[UInt8]], CertificatePolicy.Subject) throws(CertificateRefusal) -> JudgedCertificate

extension CertificatePolicy {
    /// How many bytes a chain may have. A handshake has the same limit.
    public static let maximumChainLength = 16_384
    /// A leaf, the authority between it and the trusted one, and that one.
    public static let maximumChainCount = 3

    /// Refuses what is too large to be a chain, before anything reads it.
    public static func checkSize(ofChain chain: [[UInt8]]) throws(CertificateRefusal) {
        guard !chain.isEmpty else { throw CertificateRefusal("no certificate was shown; update that client") }
        guard chain.count <= maximumChainCount else {
            throw CertificateRefusal(
                "a chain of \(chain.count) certificates was shown; at most \(maximumChainCount) are read: show those that "
                    + "scripts/certs made")
        }
        var left = maximumChainLength
        for certificate in chain {
            guard certificate.count <= left else {
                throw CertificateRefusal(
                    "a chain of more than \(maximumChainLength) bytes was shown; show the one that scripts/certs made")
            }
            left -= certificate.count
        }
    }
}
