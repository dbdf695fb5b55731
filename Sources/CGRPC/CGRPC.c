#define _GNU_SOURCE
#include "CGRPC.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MARK: Calls */

cgrpc_call *cgrpc_call_new(void) {
  cgrpc_call *call = gpr_zalloc(sizeof(cgrpc_call));
  for (int kind = 0; kind < CGRPC_CALL_KINDS; kind++) {
    call->tags[kind].kind = kind;
  }
  grpc_call_details_init(&call->details);
  grpc_metadata_array_init(&call->received_initial);
  grpc_metadata_array_init(&call->received_trailing);
  grpc_metadata_array_init(&call->sent_initial);
  grpc_metadata_array_init(&call->sent_trailing);
  call->status_details = grpc_empty_slice();
  return call;
}

void cgrpc_call_set_owner(cgrpc_call *call, void *owner) {
  for (int kind = 0; kind < CGRPC_CALL_KINDS; kind++)
    call->tags[kind].owner = owner;
}

/* The pairs of an array to send are ours; those of a received one are the
 * call's. */
void cgrpc_metadata_clear(grpc_metadata_array *array) {
  for (size_t i = 0; i < array->count; i++) {
    grpc_slice_unref(array->metadata[i].key);
    grpc_slice_unref(array->metadata[i].value);
  }
  grpc_metadata_array_destroy(array);
  grpc_metadata_array_init(array);
}

void cgrpc_call_free(cgrpc_call *call) {
  if (call->sent_message != NULL) grpc_byte_buffer_destroy(call->sent_message);
  if (call->received_message != NULL)
    grpc_byte_buffer_destroy(call->received_message);
  grpc_slice_unref(call->status_details);
  grpc_metadata_array_destroy(&call->received_initial);
  grpc_metadata_array_destroy(&call->received_trailing);
  cgrpc_metadata_clear(&call->sent_initial);
  cgrpc_metadata_clear(&call->sent_trailing);
  grpc_call_details_destroy(&call->details);
  if (call->call != NULL) grpc_call_unref(call->call);
  gpr_free(call);
}

void cgrpc_call_open(cgrpc_call *call, grpc_channel *channel,
                     grpc_completion_queue *queue, const char *method,
                     size_t method_length, int64_t timeout_ns) {
  gpr_timespec deadline = gpr_inf_future(GPR_CLOCK_MONOTONIC);
  if (timeout_ns >= 0)
    deadline = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                            gpr_time_from_nanos(timeout_ns, GPR_TIMESPAN));
  grpc_slice path = grpc_slice_from_copied_buffer(method, method_length);
  call->call = grpc_channel_create_call(channel, NULL, GRPC_PROPAGATE_DEFAULTS,
                                        queue, path, NULL, deadline, NULL);
  grpc_slice_unref(path);
}

bool cgrpc_metadata_add(grpc_metadata_array *array, const uint8_t *key,
                        size_t key_length, const uint8_t *value,
                        size_t value_length) {
  grpc_slice name = grpc_slice_from_copied_buffer((const char *)key, key_length);
  grpc_slice text =
      grpc_slice_from_copied_buffer((const char *)value, value_length);
  if (!grpc_header_key_is_legal(name) ||
      (!grpc_is_binary_header(name) &&
       !grpc_header_nonbin_value_is_legal(text))) {
    grpc_slice_unref(name);
    grpc_slice_unref(text);
    return false;
  }
  if (array->count == array->capacity) {
    array->capacity = array->capacity == 0 ? 4 : array->capacity * 2;
    array->metadata =
        gpr_realloc(array->metadata, array->capacity * sizeof(grpc_metadata));
  }
  grpc_metadata *pair = &array->metadata[array->count++];
  memset(pair, 0, sizeof(*pair));
  pair->key = name;
  pair->value = text;
  return true;
}

/* MARK: Operations */

static int start(cgrpc_call *call, const grpc_op *ops, size_t count, int kind) {
  return grpc_call_start_batch(call->call, ops, count, &call->tags[kind], NULL);
}

static grpc_op send_initial_op(cgrpc_call *call) {
  grpc_op op = {.op = GRPC_OP_SEND_INITIAL_METADATA};
  op.data.send_initial_metadata.count = call->sent_initial.count;
  op.data.send_initial_metadata.metadata = call->sent_initial.metadata;
  return op;
}

int cgrpc_start_client(cgrpc_call *call, bool wait_for_ready) {
  grpc_op ops[2] = {send_initial_op(call), {.op = GRPC_OP_RECV_STATUS_ON_CLIENT}};
  if (wait_for_ready)
    ops[0].flags = GRPC_INITIAL_METADATA_WAIT_FOR_READY |
                   GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET;
  ops[1].data.recv_status_on_client.trailing_metadata = &call->received_trailing;
  ops[1].data.recv_status_on_client.status = &call->status;
  ops[1].data.recv_status_on_client.status_details = &call->status_details;
  return start(call, ops, 2, CGRPC_CLOSE);
}

int cgrpc_start_recv_initial(cgrpc_call *call) {
  grpc_op op = {.op = GRPC_OP_RECV_INITIAL_METADATA};
  op.data.recv_initial_metadata.recv_initial_metadata = &call->received_initial;
  return start(call, &op, 1, CGRPC_RECV_INITIAL);
}

int cgrpc_start_recv_message(cgrpc_call *call) {
  grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
  op.data.recv_message.recv_message = &call->received_message;
  return start(call, &op, 1, CGRPC_RECV_MESSAGE);
}

int cgrpc_start_send_message(cgrpc_call *call, grpc_byte_buffer *buffer,
                             bool with_initial) {
  grpc_op ops[2] = {{.op = GRPC_OP_SEND_MESSAGE}};
  size_t count = 1;
  ops[0].data.send_message.send_message = buffer;
  if (with_initial) ops[count++] = send_initial_op(call);
  call->sent_message = buffer;
  int error = start(call, ops, count, CGRPC_SEND_MESSAGE);
  if (error != GRPC_CALL_OK) cgrpc_call_sent_message(call);
  return error;
}

int cgrpc_start_send_initial(cgrpc_call *call) {
  grpc_op op = send_initial_op(call);
  return start(call, &op, 1, CGRPC_SEND_INITIAL);
}

int cgrpc_start_half_close(cgrpc_call *call) {
  grpc_op op = {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT};
  return start(call, &op, 1, CGRPC_SEND_END);
}

int cgrpc_start_send_status(cgrpc_call *call, int code, const char *details,
                            size_t details_length, bool with_initial) {
  grpc_slice text = grpc_slice_from_copied_buffer(details, details_length);
  grpc_op ops[2] = {{.op = GRPC_OP_SEND_STATUS_FROM_SERVER}};
  size_t count = 1;
  ops[0].data.send_status_from_server.trailing_metadata_count =
      call->sent_trailing.count;
  ops[0].data.send_status_from_server.trailing_metadata =
      call->sent_trailing.metadata;
  ops[0].data.send_status_from_server.status = (grpc_status_code)code;
  ops[0].data.send_status_from_server.status_details = &text;
  if (with_initial) ops[count++] = send_initial_op(call);
  int error = start(call, ops, count, CGRPC_SEND_END);
  grpc_slice_unref(text);
  return error;
}

int cgrpc_start_recv_close(cgrpc_call *call) {
  grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
  op.data.recv_close_on_server.cancelled = &call->cancelled;
  return start(call, &op, 1, CGRPC_CLOSE);
}

int cgrpc_start_request(cgrpc_call *call, grpc_server *server,
                        grpc_completion_queue *queue) {
  return grpc_server_request_call(server, &call->call, &call->details,
                                  &call->received_initial, queue, queue,
                                  &call->tags[CGRPC_REQUEST]);
}

void cgrpc_call_sent_message(cgrpc_call *call) {
  if (call->sent_message == NULL) return;
  grpc_byte_buffer_destroy(call->sent_message);
  call->sent_message = NULL;
}

bool cgrpc_take_message(cgrpc_call *call, grpc_slice *slice) {
  grpc_byte_buffer *buffer = call->received_message;
  if (buffer == NULL) return false;
  call->received_message = NULL;
  grpc_byte_buffer_reader reader;
  bool readable = grpc_byte_buffer_reader_init(&reader, buffer);
  if (readable) {
    *slice = grpc_byte_buffer_reader_readall(&reader);
    grpc_byte_buffer_reader_destroy(&reader);
  }
  grpc_byte_buffer_destroy(buffer);
  return readable;
}

int64_t cgrpc_call_remaining_ns(const cgrpc_call *call) {
  gpr_timespec deadline = call->details.deadline;
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0)
    return INT64_MAX;
  gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  if (left.tv_sec > INT64_MAX / 2000000000) return INT64_MAX;
  return left.tv_sec * 1000000000 + left.tv_nsec;
}

/* MARK: Slices */

const uint8_t *cgrpc_slice_bytes(const grpc_slice *slice) {
  return GRPC_SLICE_START_PTR(*slice);
}

size_t cgrpc_slice_length(const grpc_slice *slice) {
  return GRPC_SLICE_LENGTH(*slice);
}

void cgrpc_slice_set_length(grpc_slice *slice, size_t length) {
  GRPC_SLICE_SET_LENGTH(*slice, length);
}

/* MARK: Library */

typedef struct {
  grpc_completion_queue *queue;
  cgrpc_handler handler;
  void (*ended)(void *);
  void *context;
} poller;

static void *run_poller(void *argument) {
  poller self = *(poller *)argument;
  gpr_free(argument);
  for (;;) {
    grpc_event event = grpc_completion_queue_next(
        self.queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
    if (event.type == GRPC_QUEUE_SHUTDOWN) break;
    if (event.type != GRPC_OP_COMPLETE) continue;
    cgrpc_tag *tag = event.tag;
    self.handler(tag->owner, tag->kind, event.success != 0);
  }
  grpc_completion_queue_destroy(self.queue);
  self.ended(self.context);
  return NULL;
}

int cgrpc_spawn_poller(grpc_completion_queue *queue, cgrpc_handler handler,
                       void (*ended)(void *context), void *context) {
  poller *self = gpr_malloc(sizeof(poller));
  *self = (poller){queue, handler, ended, context};
  pthread_t thread;
  int error = pthread_create(&thread, NULL, run_poller, self);
  if (error != 0) {
    gpr_free(self);
    return error;
  }
  pthread_setname_np(thread, "grpc-poll");
  pthread_detach(thread);
  return 0;
}

static cgrpc_log_handler log_handler;

/* Where this thread's next error goes instead of the log. */
static _Thread_local char *captured;
static _Thread_local size_t captured_capacity;

static void route_log(gpr_log_func_args *args) {
  /* The core aborts right after this line: it is the only trace of why. */
  if (strncmp(args->message, "assertion failed", 16) == 0)
    fprintf(stderr, "grpc: %s:%d: %s\n", args->file, args->line, args->message);
  if (captured != NULL && args->severity == GPR_LOG_SEVERITY_ERROR) {
    snprintf(captured, captured_capacity, "%s", args->message);
    return;
  }
  if (log_handler != NULL)
    log_handler((int)args->severity, args->message, args->file, args->line);
}

int cgrpc_server_add_port(grpc_server *server, const char *address,
                          grpc_server_credentials *credentials, char *error,
                          size_t capacity) {
  captured = error;
  captured_capacity = capacity;
  error[0] = 0;
  int port = grpc_server_add_http2_port(server, address, credentials);
  captured = NULL;
  return port;
}

void cgrpc_library_start(cgrpc_log_handler handler) {
  log_handler = handler;
  if (getenv("GRPC_VERBOSITY") == NULL) gpr_set_log_function(route_log);
  grpc_init();
}
