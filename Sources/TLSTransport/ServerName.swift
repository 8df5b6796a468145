import COpenSSL
import Glibc

/// Whom a client wants to reach, and whom the server's certificate must therefore name: a host name or an address.
package struct ServerName: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ text: String) {
        description = text
    }

    var isAddress: Bool {
        var storage = in6_addr()
        return inet_pton(AF_INET, description, &storage) == 1 || inet_pton(AF_INET6, description, &storage) == 1
    }

    /// Makes `ssl` refuse a certificate for another name, and ask for this one (SNI, which knows no addresses).
    /// - Throws: ``TLSConfigurationError/badServerName(_:)``.
    func require(of ssl: OpaquePointer) throws(TLSConfigurationError) {
        let parameters = SSL_get0_param(ssl)
        if isAddress {
            guard X509_VERIFY_PARAM_set1_ip_asc(parameters, description) == 1 else {
                throw .badServerName(description)
            }
            return
        }
        X509_VERIFY_PARAM_set_hostflags(
            parameters, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS))
        // With a dot in front, libcrypto takes every host of the domain.
        guard !description.isEmpty, !description.hasPrefix("."), !description.utf8.contains(0),
            X509_VERIFY_PARAM_set1_host(parameters, description, description.utf8.count) == 1,
            conclave_SSL_set_tlsext_host_name(ssl, description) == 1
        else { throw .badServerName(description) }
    }
}
