/*
 * The gRPC C core as Swift sees it: its own headers, and what the importer
 * leaves out or what would cost an allocation in Swift.
 *
 * A cgrpc_call owns everything one call needs: the call, one tag for each kind
 * of operation, and the storage that the core fills in. At most one operation
 * of a kind is outstanding, so starting one allocates nothing. Every completed
 * operation reaches the cgrpc_handler of the queue's polling thread with the
 * owner and the kind of its tag.
 */
#ifndef CGRPC_H
#define CGRPC_H

/* Before the gRPC headers, which define _GNU_SOURCE: the C library's types must
 * look as they do in Swift's own module of them, or the importer refuses to see
 * both (`'fds_bits' from module 'CGRPC' is not present in 'fd_set'`). */
#include <stdlib.h>

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/compression.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/status.h>
#include <grpc/support/alloc.h>
#include <grpc/support/cpu.h>
#include <grpc/support/log.h>
#include <grpc/support/string_util.h>
#include <grpc/support/time.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an operation does; also its index in a call's table of tags. */
enum cgrpc_kind {
  CGRPC_REQUEST = 0,      /* server: a new call has arrived */
  CGRPC_CLOSE = 1,        /* client: the status; server: the end of the call */
  CGRPC_RECV_INITIAL = 2, /* client: the server's initial metadata */
  CGRPC_RECV_MESSAGE = 3,
  CGRPC_SEND_INITIAL = 4, /* server: initial metadata before any message */
  CGRPC_SEND_MESSAGE = 5,
  CGRPC_SEND_END = 6, /* client: half-close; server: status */
  CGRPC_CALL_KINDS = 7,
  CGRPC_SERVER_STOPPED = 8
};

typedef struct cgrpc_tag {
  void *owner;
  int kind;
} cgrpc_tag;

typedef struct cgrpc_call {
  grpc_call *call;
  cgrpc_tag tags[CGRPC_CALL_KINDS];
  grpc_call_details details;
  grpc_metadata_array received_initial;
  grpc_metadata_array received_trailing;
  grpc_metadata_array sent_initial;
  grpc_metadata_array sent_trailing;
  grpc_byte_buffer *sent_message;
  grpc_byte_buffer *received_message;
  grpc_status_code status;
  grpc_slice status_details;
  int cancelled;
} cgrpc_call;

/* The storage of one call. Free it with cgrpc_call_free when no operation is
 * outstanding. Completions go to the owner set before the first operation. */
cgrpc_call *cgrpc_call_new(void);
void cgrpc_call_set_owner(cgrpc_call *call, void *owner);
void cgrpc_call_free(cgrpc_call *call);

/* Creates the client's call. `timeout_ns` below zero means no deadline. */
void cgrpc_call_open(cgrpc_call *call, grpc_channel *channel,
                     grpc_completion_queue *queue, const char *method,
                     size_t method_length, int64_t timeout_ns);

/* Adds a copy of a pair to an array to send. False if the core would refuse it. */
bool cgrpc_metadata_add(grpc_metadata_array *array, const uint8_t *key,
                        size_t key_length, const uint8_t *value,
                        size_t value_length);

/* Drops the pairs of an array to send. */
void cgrpc_metadata_clear(grpc_metadata_array *array);

/* Each starts one batch; 0 is success, anything else means nothing started. */
int cgrpc_start_client(cgrpc_call *call, bool wait_for_ready);
int cgrpc_start_recv_initial(cgrpc_call *call);
int cgrpc_start_recv_message(cgrpc_call *call);
/* Takes the buffer, whatever the result. */
int cgrpc_start_send_message(cgrpc_call *call, grpc_byte_buffer *buffer,
                             bool with_initial);
int cgrpc_start_send_initial(cgrpc_call *call);
int cgrpc_start_half_close(cgrpc_call *call);
int cgrpc_start_send_status(cgrpc_call *call, int code, const char *details,
                            size_t details_length, bool with_initial);
int cgrpc_start_recv_close(cgrpc_call *call);
int cgrpc_start_request(cgrpc_call *call, grpc_server *server,
                        grpc_completion_queue *queue);

/* Releases what a completed send held. */
void cgrpc_call_sent_message(cgrpc_call *call);

/* Moves the received message into one slice. False if there was none. */
bool cgrpc_take_message(cgrpc_call *call, grpc_slice *slice);

/* Nanoseconds until the deadline of a server's call, INT64_MAX for none. */
int64_t cgrpc_call_remaining_ns(const cgrpc_call *call);

const uint8_t *cgrpc_slice_bytes(const grpc_slice *slice);
size_t cgrpc_slice_length(const grpc_slice *slice);
void cgrpc_slice_set_length(grpc_slice *slice, size_t length);

typedef void (*cgrpc_handler)(void *owner, int kind, bool success);

/* Serves the queue on a thread of its own until the queue is shut down and
 * empty, then destroys it and calls `ended` with `context`. 0 or an errno. */
int cgrpc_spawn_poller(grpc_completion_queue *queue, cgrpc_handler handler,
                       void (*ended)(void *context), void *context);

/* Binds a server to an address. Returns the port; 0 leaves the reason in
 * `error`, cut to `capacity` bytes with its NUL. */
int cgrpc_server_add_port(grpc_server *server, const char *address,
                          grpc_server_credentials *credentials, char *error,
                          size_t capacity);

typedef void (*cgrpc_log_handler)(int severity, const char *message,
                                  const char *file, int line);

/* Starts the library and takes its log away from standard error, unless the
 * environment sets GRPC_VERBOSITY. Call once. */
void cgrpc_library_start(cgrpc_log_handler handler);

#ifdef __cplusplus
}
#endif

#endif
