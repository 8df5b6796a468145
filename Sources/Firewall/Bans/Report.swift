/// What a reporter saw somebody do. Only the ``BanBook`` makes bans of it.
package struct Report: Hashable, Sendable {
    /// What was done. The raw value goes over the socket.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The chat server: a certificate that is not of this deployment, expired or revoked; no certificate at all.
        case badCertificate = "mtls.bad_cert"
        case noCertificate = "mtls.no_cert"
        /// The chat server: a handshake that is none, or never ends.
        case badHandshake = "mtls.bad_handshake"
        /// The chat server: frames that break the protocol.
        case protocolAbuse = "chat.protocol"
        /// The chat server: more than the quotas allow.
        case quotaAbuse = "chat.quota"
        /// An alarm of tlsmon; ``Report/detail`` begins with its name: `port_scan: 97 ports in 10 s`.
        case alarm = "tlsmon.alarm"
        /// An administrator.
        case manual
    }

    /// Addresses of one report.
    package static let addressLimit = 8
    package static let weights = 1...10
    /// Characters of ``detail``.
    package static let detailLimit = 200

    package var kind: Kind
    /// Who did it: at least one, at most 8. All of them are the same host.
    package var addresses: [IPAddress]
    /// Whether somebody who forges addresses could have caused it: no finished TCP handshake stands behind it.
    package var isForgeable: Bool
    /// `1...10`.
    package var weight: Int
    /// For people: `alert 42`, `97 ports in 10 s`; at most 200 printable characters.
    package var detail: String

    package init(_ kind: Kind, _ addresses: [IPAddress], isForgeable: Bool, weight: Int = 1, detail: String = "") {
        self.kind = kind
        self.addresses = addresses
        self.isForgeable = isForgeable
        self.weight = weight
        self.detail = detail
    }

    /// The text without what a terminal would obey, at most ``detailLimit`` characters.
    package static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.lazy.map { isPrintable($0) ? $0 : " " }.prefix(detailLimit)
        return String(String.UnicodeScalarView(scalars))
    }

    /// Neither control nor format characters, nor ends of lines.
    package static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
        default: true
        }
    }
}
