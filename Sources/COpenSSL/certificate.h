#pragma once
/* What libcrypto offers as macros for certificates, and Swift therefore cannot see. */
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static inline void conclave_X509_chain_free(STACK_OF(X509) *chain) { sk_X509_pop_free(chain, X509_free); }
static inline void conclave_EXTENDED_KEY_USAGE_free(EXTENDED_KEY_USAGE *usage) {
    sk_ASN1_OBJECT_pop_free(usage, ASN1_OBJECT_free);
}
static inline void conclave_GENERAL_NAMES_free(GENERAL_NAMES *names) {
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
}
/* Whether an EC key names its curve, rather than spelling its parameters out. */
static inline int conclave_EVP_PKEY_has_named_group(const EVP_PKEY *key) {
    char encoding[32] = "";
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding, sizeof encoding, NULL) != 1) return 0;
    return OPENSSL_strcasecmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) == 0;
}
