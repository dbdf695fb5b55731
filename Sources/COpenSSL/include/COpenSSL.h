// TLS by OpenSSL 3, in the few calls that the data path makes. No OpenSSL type shows: Swift sees
// opaque pointers and plain numbers. Each call clears the thread's error queue first, so that what
// it tells is of this call.
#ifndef C_OPENSSL_H
#define C_OPENSSL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What connections of one kind have in common: certificates, trust, protocols. Made on one thread;
// once made, any thread may make streams of it.
typedef struct tls_context tls_context;

// One connection's TLS over a non-blocking socket, which it does not own. One thread's.
typedef struct tls_stream tls_stream;

// Whether a client must show a certificate.
enum {
    // It is not asked.
    TLS_CLIENT_NOT_ASKED,
    // It is asked; any certificate will do, and none as well.
    TLS_CLIENT_MAY_BE_UNTRUSTED,
    // It is asked; none will do, but what it shows must be trusted.
    TLS_CLIENT_VERIFIED_IF_GIVEN,
    // It must show one that is trusted.
    TLS_CLIENT_VERIFIED,
};

// Errors are written here, for a person: always terminated.
typedef struct {
    char text[256];
} tls_error;

// MARK: Contexts

tls_context *tls_context_create(int is_server, tls_error *error);
void tls_context_free(tls_context *context);

// Adds a certificate, with those that sign it, and its private key, both PEM. A server may have
// several: the client's server name decides among those with keys of one kind. Returns 1 or 0.
int tls_context_add_certificate(
    tls_context *context, const void *chain, size_t chain_count, const void *key,
    size_t key_count, tls_error *error);

// Checks the peer's certificate against authorities, PEM. Returns 1 or 0.
int tls_context_trust(tls_context *context, const void *pem, size_t count, tls_error *error);

// Checks the peer's certificate against the authorities of the machine. Returns 1 or 0.
int tls_context_trust_system(tls_context *context, tls_error *error);

// A server's demand, one of TLS_CLIENT_….
void tls_context_ask_clients(tls_context *context, int demand);

// Distinguishes the sessions of this context from those of others.
void tls_context_identify(tls_context *context, const void *bytes, size_t count);

// A server's protocols in the order of preference, each after a byte with its length.
// Returns 1 or 0.
int tls_context_offer_protocols(tls_context *context, const uint8_t *protocols, size_t count);

// The least and the greatest version: 0x0303 is TLS 1.2; 0 leaves the default. Returns 1 or 0.
int tls_context_limit_versions(tls_context *context, int least, int greatest);

// MARK: Streams

// What a call on a stream came to, where it is no count.
enum {
    // It goes on when the socket is ready again.
    TLS_WAITS = -1,
    // The peer sends no more, and said so.
    TLS_ENDED = -2,
    // The peer is gone without a word: what it sent may be cut short.
    TLS_CUT = -3,
    // The connection is broken, see tls_stream_failure.
    TLS_FAILED = -4,
};

// A stream over a socket; NULL when there is no memory.
tls_stream *tls_stream_create(tls_context *context, int fd);
void tls_stream_free(tls_stream *stream);

// A client's server name, terminated. Returns 1 or 0.
int tls_stream_ask_for(tls_stream *stream, const char *server_name);
// A client's protocols, each after a byte with its length. Returns 1 or 0.
int tls_stream_offer_protocols(tls_stream *stream, const uint8_t *protocols, size_t count);

// The socket may have bytes; `peer_closes`: and then its end.
void tls_stream_readable(tls_stream *stream, int peer_closes);

// 1 when the handshake is complete, TLS_WAITS or TLS_FAILED.
int tls_stream_handshake(tls_stream *stream);
// A count above 0, TLS_WAITS, TLS_ENDED, TLS_CUT or TLS_FAILED.
ssize_t tls_stream_read(tls_stream *stream, void *bytes, size_t count);
// A count above 0, TLS_WAITS or TLS_FAILED. What waits must be offered again, at least as much.
ssize_t tls_stream_write(tls_stream *stream, const void *bytes, size_t count);
// Tells the peer that no more comes: 1, TLS_WAITS or TLS_FAILED.
int tls_stream_end(tls_stream *stream);

// Why the stream failed last, for a person.
void tls_stream_failure(tls_stream *stream, tls_error *error);

// The protocol that was agreed on; the count is 0 when there is none.
size_t tls_stream_protocol(tls_stream *stream, const uint8_t **protocol);
// The version, such as TLSv1.3.
const char *tls_stream_version(tls_stream *stream);
// Whether the handshake took up an earlier session.
int tls_stream_is_resumed(tls_stream *stream);
// Whether the peer's certificate is for a DNS name, wildcards in the certificate count.
int tls_stream_peer_has_dns_name(tls_stream *stream, const char *name, size_t count);
// Whether the peer's certificate is for a URI.
int tls_stream_peer_has_uri(tls_stream *stream, const char *uri, size_t count);
// Whether the peer showed a certificate.
int tls_stream_peer_has_certificate(tls_stream *stream);

// MARK: Sessions

// The session that the server gave last, for a client to take up again; NULL when there is none.
// The caller frees it.
void *tls_stream_take_session(tls_stream *stream);
// Takes a session up again.
void tls_stream_resume(tls_stream *stream, void *session);
void tls_session_free(void *session);

#endif
