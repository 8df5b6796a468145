package import TLSWire

/// Names as Zeek's `ssl.log` has them, so that what reads that reads this.
package enum ZeekNames {
    package static func version(_ version: TLSVersion) -> String {
        switch version.rawValue {
        case 0x0002: "SSLv2"
        case 0x0300: "SSLv3"
        case 0x0301: "TLSv10"
        case 0x0302: "TLSv11"
        case 0x0303: "TLSv12"
        case 0x0304: "TLSv13"
        case 0x7F00...0x7FFF: "TLSv13-draft\(version.rawValue & 0xFF)"
        default: "unknown-\(version.rawValue)"
        }
    }

    package static func cipher(_ suite: TLSCipherSuite) -> String {
        suite.ianaName ?? "unknown-\(suite.rawValue)"
    }

    package static func curve(_ group: NamedGroup) -> String {
        group.ianaName ?? "unknown-\(group.rawValue)"
    }
}
