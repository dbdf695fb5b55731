#include "COpenSSL.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

typedef struct {
    X509 *certificate;
    STACK_OF(X509) *chain;
    EVP_PKEY *key;
} identity;

struct tls_context {
    SSL_CTX *ssl;
    int is_server;
    identity *identities;
    int identity_count;
    uint8_t *protocols;
    size_t protocol_count;
};

struct tls_stream {
    SSL *ssl;
    int fd;
    // The socket may have bytes.
    int is_readable;
    int peer_closes;
    int saw_end;
    SSL_SESSION *session;
};

// MARK: Errors

static void describe(tls_error *error, const char *what) {
    unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    if (reason)
        snprintf(error->text, sizeof error->text, "%s: %s", what, reason);
    else
        snprintf(error->text, sizeof error->text, "%s", what);
    ERR_clear_error();
}

static int failed(tls_error *error, const char *what) {
    describe(error, what);
    return 0;
}

// MARK: The socket

static BIO_METHOD *socket_method;
static int stream_index;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int socket_read(BIO *bio, char *bytes, int count) {
    tls_stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!stream->is_readable) {
        BIO_set_retry_read(bio);
        return -1;
    }
    ssize_t received;
    do received = recv(stream->fd, bytes, (size_t)count, 0);
    while (received < 0 && errno == EINTR);
    if (received > 0) {
        // A short read empties the socket; what comes later brings a new event.
        if (received < count && !stream->peer_closes) stream->is_readable = 0;
        return (int)received;
    }
    stream->is_readable = 0;
    if (received == 0) {
        stream->saw_end = 1;
        return 0;
    }
    if (errno == EAGAIN) BIO_set_retry_read(bio);
    return -1;
}

static int socket_write(BIO *bio, const char *bytes, int count) {
    tls_stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t sent;
    do sent = send(stream->fd, bytes, (size_t)count, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
    return (int)sent;
}

static long socket_control(BIO *bio, int command, long number, void *pointer) {
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return ((tls_stream *)BIO_get_data(bio))->saw_end;
    default: return 0;
    }
}

static void prepare(void) {
    socket_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (!socket_method) return;
    BIO_meth_set_read(socket_method, socket_read);
    BIO_meth_set_write(socket_method, socket_write);
    BIO_meth_set_ctrl(socket_method, socket_control);
    stream_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

// MARK: Contexts

static int keep_session(SSL *ssl, SSL_SESSION *session) {
    tls_stream *stream = SSL_get_ex_data(ssl, stream_index);
    if (!stream) return 0;
    SSL_SESSION_free(stream->session);
    stream->session = session;
    return 1;
}

tls_context *tls_context_create(int is_server, tls_error *error) {
    pthread_once(&once, prepare);
    ERR_clear_error();
    tls_context *context = calloc(1, sizeof *context);
    if (!context) {
        failed(error, "no memory");
        return NULL;
    }
    context->is_server = is_server;
    context->ssl = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    if (!context->ssl || !socket_method) {
        failed(error, "TLS cannot be set up");
        tls_context_free(context);
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
    SSL_CTX_set_options(context->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(
        context->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                          | SSL_MODE_RELEASE_BUFFERS);
    // A system call a record less.
    SSL_CTX_set_read_ahead(context->ssl, 1);
    if (is_server) {
        // Sessions travel in tickets; a cache that all threads share would need a lock.
        SSL_CTX_set_session_cache_mode(
            context->ssl, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    } else {
        SSL_CTX_set_session_cache_mode(
            context->ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context->ssl, keep_session);
    }
    return context;
}

void tls_context_free(tls_context *context) {
    if (!context) return;
    for (int index = 0; index < context->identity_count; index++) {
        X509_free(context->identities[index].certificate);
        sk_X509_pop_free(context->identities[index].chain, X509_free);
        EVP_PKEY_free(context->identities[index].key);
    }
    SSL_CTX_free(context->ssl);
    free(context->identities);
    free(context->protocols);
    free(context);
}

// No terminal is asked for a password.
static int no_password(char *buffer, int size, int is_writing, void *data) {
    (void)buffer;
    (void)size;
    (void)is_writing;
    (void)data;
    return 0;
}

static int read_identity(
    identity *into, BIO *chain, BIO *key, tls_error *error) {
    into->certificate = PEM_read_bio_X509_AUX(chain, NULL, no_password, NULL);
    if (!into->certificate) return failed(error, "the certificate is no PEM certificate");
    into->chain = sk_X509_new_null();
    X509 *next;
    while (into->chain && (next = PEM_read_bio_X509(chain, NULL, no_password, NULL)))
        if (!sk_X509_push(into->chain, next)) X509_free(next);
    unsigned long last = ERR_peek_last_error();
    if (last && !(ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE))
        return failed(error, "the certificate chain is malformed");
    ERR_clear_error();
    into->key = PEM_read_bio_PrivateKey(key, NULL, no_password, NULL);
    if (!into->key) return failed(error, "the private key is no PEM key without a password");
    if (X509_check_private_key(into->certificate, into->key) != 1)
        return failed(error, "the private key does not fit the certificate");
    return 1;
}

static void free_identity(identity *identity) {
    X509_free(identity->certificate);
    sk_X509_pop_free(identity->chain, X509_free);
    EVP_PKEY_free(identity->key);
    memset(identity, 0, sizeof *identity);
}

// The first identity for the server name among those with the kind of key of the given one; else
// the given one.
static const identity *best(const tls_context *context, int first, const char *server_name) {
    const identity *given = &context->identities[first];
    if (!server_name) return given;
    for (int index = first; index < context->identity_count; index++) {
        const identity *other = &context->identities[index];
        if (EVP_PKEY_get_base_id(other->key) != EVP_PKEY_get_base_id(given->key)) continue;
        if (X509_check_host(other->certificate, server_name, 0, 0, NULL) == 1) return other;
    }
    return given;
}

static int is_first_of_kind(const tls_context *context, int index) {
    int kind = EVP_PKEY_get_base_id(context->identities[index].key);
    for (int before = 0; before < index; before++)
        if (EVP_PKEY_get_base_id(context->identities[before].key) == kind) return 0;
    return 1;
}

static int choose_certificates(SSL *ssl, void *data) {
    const tls_context *context = data;
    const char *server_name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    SSL_certs_clear(ssl);
    for (int index = 0; index < context->identity_count; index++) {
        if (!is_first_of_kind(context, index)) continue;
        const identity *chosen = best(context, index, server_name);
        if (SSL_use_cert_and_key(ssl, chosen->certificate, chosen->key, chosen->chain, 1) != 1)
            return 0;
    }
    return 1;
}

int tls_context_add_certificate(
    tls_context *context, const void *chain, size_t chain_count, const void *key,
    size_t key_count, tls_error *error) {
    ERR_clear_error();
    identity *grown = realloc(
        context->identities, sizeof(identity) * (size_t)(context->identity_count + 1));
    if (!grown) return failed(error, "no memory");
    context->identities = grown;
    BIO *chain_bytes = BIO_new_mem_buf(chain, (int)chain_count);
    BIO *key_bytes = BIO_new_mem_buf(key, (int)key_count);
    identity added = {0};
    int is_added = chain_bytes && key_bytes && read_identity(&added, chain_bytes, key_bytes, error);
    BIO_free(chain_bytes);
    BIO_free(key_bytes);
    if (is_added) {
        context->identities[context->identity_count++] = added;
        // Tells whether OpenSSL takes it at all, such as a key that is too short.
        if (is_first_of_kind(context, context->identity_count - 1)) {
            is_added = SSL_CTX_use_cert_and_key(
                           context->ssl, added.certificate, added.key, added.chain, 1) == 1;
            if (!is_added) failed(error, "the certificate cannot be used");
        } else {
            SSL_CTX_set_cert_cb(context->ssl, choose_certificates, context);
        }
    } else {
        free_identity(&added);
    }
    return is_added;
}

int tls_context_trust(tls_context *context, const void *pem, size_t count, tls_error *error) {
    ERR_clear_error();
    BIO *bytes = BIO_new_mem_buf(pem, (int)count);
    if (!bytes) return failed(error, "no memory");
    X509_STORE *store = SSL_CTX_get_cert_store(context->ssl);
    int added = 0;
    X509 *authority;
    while ((authority = PEM_read_bio_X509_AUX(bytes, NULL, no_password, NULL))) {
        if (X509_STORE_add_cert(store, authority) == 1) added++;
        if (context->is_server) SSL_CTX_add_client_CA(context->ssl, authority);
        X509_free(authority);
    }
    BIO_free(bytes);
    unsigned long last = ERR_peek_last_error();
    if (last && !(ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE))
        return failed(error, "the authorities are malformed");
    ERR_clear_error();
    if (added == 0) return failed(error, "there is no PEM certificate in the authorities");
    // An authority need not be its own: a certificate in the middle will do as well.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    if (!context->is_server) SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
    return 1;
}

int tls_context_trust_system(tls_context *context, tls_error *error) {
    ERR_clear_error();
    if (SSL_CTX_set_default_verify_paths(context->ssl) != 1)
        return failed(error, "the authorities of the machine cannot be read");
    if (!context->is_server) SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
    return 1;
}

static int accept_any(int is_verified, X509_STORE_CTX *store) {
    (void)is_verified;
    (void)store;
    return 1;
}

void tls_context_ask_clients(tls_context *context, int demand) {
    switch (demand) {
    case TLS_CLIENT_NOT_ASKED: SSL_CTX_set_verify(context->ssl, SSL_VERIFY_NONE, NULL); break;
    case TLS_CLIENT_MAY_BE_UNTRUSTED:
        SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, accept_any);
        break;
    case TLS_CLIENT_VERIFIED_IF_GIVEN:
        SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
        break;
    default:
        SSL_CTX_set_verify(
            context->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
}

void tls_context_identify(tls_context *context, const void *bytes, size_t count) {
    SSL_CTX_set_session_id_context(
        context->ssl, bytes,
        count < SSL_MAX_SID_CTX_LENGTH ? (unsigned)count : SSL_MAX_SID_CTX_LENGTH);
}

static int choose_protocol(
    SSL *ssl, const unsigned char **chosen, unsigned char *chosen_count,
    const unsigned char *offered, unsigned offered_count, void *data) {
    (void)ssl;
    const tls_context *context = data;
    unsigned char *match;
    if (SSL_select_next_proto(
            &match, chosen_count, context->protocols, (unsigned)context->protocol_count, offered,
            offered_count)
        != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *chosen = match;
    return SSL_TLSEXT_ERR_OK;
}

int tls_context_offer_protocols(tls_context *context, const uint8_t *protocols, size_t count) {
    if (count == 0) return 1;
    context->protocols = malloc(count);
    if (!context->protocols) return 0;
    memcpy(context->protocols, protocols, count);
    context->protocol_count = count;
    SSL_CTX_set_alpn_select_cb(context->ssl, choose_protocol, context);
    return 1;
}

int tls_context_limit_versions(tls_context *context, int least, int greatest) {
    return (least == 0 || SSL_CTX_set_min_proto_version(context->ssl, least) == 1)
           && (greatest == 0 || SSL_CTX_set_max_proto_version(context->ssl, greatest) == 1);
}

// MARK: Streams

tls_stream *tls_stream_create(tls_context *context, int fd) {
    ERR_clear_error();
    tls_stream *stream = calloc(1, sizeof *stream);
    if (!stream) return NULL;
    stream->fd = fd;
    stream->is_readable = 1;
    stream->ssl = SSL_new(context->ssl);
    BIO *bio = BIO_new(socket_method);
    if (!stream->ssl || !bio) {
        BIO_free(bio);
        tls_stream_free(stream);
        return NULL;
    }
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    SSL_set_bio(stream->ssl, bio, bio);
    SSL_set_ex_data(stream->ssl, stream_index, stream);
    if (context->is_server)
        SSL_set_accept_state(stream->ssl);
    else
        SSL_set_connect_state(stream->ssl);
    return stream;
}

void tls_stream_free(tls_stream *stream) {
    if (!stream) return;
    // Without a word the session would count as broken and could not be taken up again.
    if (stream->ssl) SSL_set_shutdown(stream->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_SESSION_free(stream->session);
    SSL_free(stream->ssl);
    free(stream);
}

int tls_stream_ask_for(tls_stream *stream, const char *server_name) {
    ERR_clear_error();
    return SSL_set_tlsext_host_name(stream->ssl, server_name) == 1;
}

int tls_stream_offer_protocols(tls_stream *stream, const uint8_t *protocols, size_t count) {
    return SSL_set_alpn_protos(stream->ssl, protocols, (unsigned)count) == 0;
}

void tls_stream_readable(tls_stream *stream, int peer_closes) {
    stream->is_readable = 1;
    if (peer_closes) stream->peer_closes = 1;
}

static int outcome(tls_stream *stream, int status) {
    switch (SSL_get_error(stream->ssl, status)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return TLS_WAITS;
    case SSL_ERROR_ZERO_RETURN: return TLS_ENDED;
    default: return stream->saw_end ? TLS_CUT : TLS_FAILED;
    }
}

int tls_stream_handshake(tls_stream *stream) {
    ERR_clear_error();
    int status = SSL_do_handshake(stream->ssl);
    if (status == 1) return 1;
    return outcome(stream, status) == TLS_WAITS ? TLS_WAITS : TLS_FAILED;
}

ssize_t tls_stream_read(tls_stream *stream, void *bytes, size_t count) {
    size_t received;
    ERR_clear_error();
    int status = SSL_read_ex(stream->ssl, bytes, count, &received);
    return status == 1 ? (ssize_t)received : outcome(stream, status);
}

ssize_t tls_stream_write(tls_stream *stream, const void *bytes, size_t count) {
    size_t sent;
    ERR_clear_error();
    int status = SSL_write_ex(stream->ssl, bytes, count, &sent);
    if (status == 1) return (ssize_t)sent;
    return outcome(stream, status) == TLS_WAITS ? TLS_WAITS : TLS_FAILED;
}

int tls_stream_end(tls_stream *stream) {
    ERR_clear_error();
    int status = SSL_shutdown(stream->ssl);
    if (status >= 0) return 1;
    return outcome(stream, status) == TLS_WAITS ? TLS_WAITS : TLS_FAILED;
}

void tls_stream_failure(tls_stream *stream, tls_error *error) {
    unsigned long code = ERR_peek_error();
    long verdict = SSL_get_verify_result(stream->ssl);
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    if (reason && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        snprintf(
            error->text, sizeof error->text, "the certificate is not trusted: %s",
            X509_verify_cert_error_string(verdict));
    else if (reason)
        snprintf(error->text, sizeof error->text, "%s", reason);
    else if (stream->saw_end)
        snprintf(error->text, sizeof error->text, "the peer closed the connection");
    else
        snprintf(error->text, sizeof error->text, "the connection broke");
    ERR_clear_error();
}

size_t tls_stream_protocol(tls_stream *stream, const uint8_t **protocol) {
    unsigned count = 0;
    SSL_get0_alpn_selected(stream->ssl, protocol, &count);
    return count;
}

const char *tls_stream_version(tls_stream *stream) { return SSL_get_version(stream->ssl); }

int tls_stream_is_resumed(tls_stream *stream) { return SSL_session_reused(stream->ssl); }

int tls_stream_peer_has_certificate(tls_stream *stream) {
    return SSL_get0_peer_certificate(stream->ssl) != NULL;
}

int tls_stream_peer_has_dns_name(tls_stream *stream, const char *name, size_t count) {
    X509 *certificate = SSL_get0_peer_certificate(stream->ssl);
    if (!certificate) return 0;
    ERR_clear_error();
    return X509_check_host(
               certificate, name, count,
               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL)
           == 1;
}

int tls_stream_peer_has_uri(tls_stream *stream, const char *uri, size_t count) {
    X509 *certificate = SSL_get0_peer_certificate(stream->ssl);
    if (!certificate) return 0;
    ERR_clear_error();
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int has = 0;
    for (int index = 0; index < sk_GENERAL_NAME_num(names); index++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
        if (name->type != GEN_URI) continue;
        const ASN1_IA5STRING *text = name->d.uniformResourceIdentifier;
        if ((size_t)ASN1_STRING_length(text) == count
            && memcmp(ASN1_STRING_get0_data(text), uri, count) == 0)
            has = 1;
    }
    GENERAL_NAMES_free(names);
    return has;
}

// MARK: Sessions

void *tls_stream_take_session(tls_stream *stream) {
    SSL_SESSION *session = stream->session;
    stream->session = NULL;
    return session;
}

void tls_stream_resume(tls_stream *stream, void *session) {
    ERR_clear_error();
    SSL_set_session(stream->ssl, session);
}

void tls_session_free(void *session) { SSL_SESSION_free(session); }
