#pragma once
/* What libssl offers as macros, and Swift therefore cannot see, as functions and constants. */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static inline int conclave_SSL_CTX_set_protocol(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version) && SSL_CTX_set_max_proto_version(context, version);
}
static inline int conclave_SSL_CTX_set1_groups_list(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_groups_list(context, list);
}
static inline int conclave_SSL_CTX_set1_sigalgs_list(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_sigalgs_list(context, list);
}
static inline void conclave_SSL_CTX_set_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
}
static inline void conclave_SSL_CTX_forbid_resumption(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
}
static inline int conclave_SSL_set_tlsext_host_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}
static inline void conclave_BIO_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline void conclave_BIO_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline int conclave_ERR_is_system_error(unsigned long code) { return ERR_SYSTEM_ERROR(code); }
static inline const char *conclave_SSL_group_name(SSL *ssl) {
    /* SSL_get0_group_name appeared in 3.2; before, the number is looked up by its NID. */
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
    return SSL_get0_group_name(ssl);
#else
    int group = (int)SSL_get_negotiated_group(ssl);
    return group == 0 ? "" : OBJ_nid2sn(group);
#endif
}
static inline void conclave_SSL_CTX_set_max_cert_list(SSL_CTX *context, long bytes) {
    SSL_CTX_set_max_cert_list(context, bytes);
}
static inline int conclave_SSL_CTX_add1_chain_cert(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}
