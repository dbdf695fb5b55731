/* What the bytes alone cost: a server on the bare gRPC core that sends ready
 * responses and looks at nothing it receives.
 *
 * Usage: xds-control RESPONSE... PUSH. Prints "port N". Each stream gets one
 * response for each of its first requests; every line of standard input sends
 * PUSH to every stream. One completion queue, one thread; the bytes are shared.
 * A line waits up to 5 ms until the thread looks for it.
 */
#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARMED = 16, MOST_STREAMS = 4096 };

typedef struct stream stream;
typedef struct {
  stream *owner;
  enum { REQUEST, RECEIVED, SENT } kind;
} tag;

struct stream {
  grpc_call *call;
  grpc_call_details details;
  grpc_metadata_array metadata;
  grpc_byte_buffer *received;
  grpc_byte_buffer *sent;
  int requests;
  int responses;
  tag request, receive, send;
};

static grpc_server *server;
static grpc_completion_queue *queue;
static grpc_slice responses[8];
static int response_count;
static grpc_slice push;
static stream *streams[MOST_STREAMS];
static int stream_count;

static void fail(const char *what) {
  fprintf(stderr, "xds-control: %s\n", what);
  exit(1);
}

static grpc_slice read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail(path);
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  grpc_slice slice = grpc_slice_malloc_large(size);
  if (fread(GRPC_SLICE_START_PTR(slice), 1, size, file) != size) fail(path);
  fclose(file);
  return slice;
}

static void arm(void) {
  stream *next = calloc(1, sizeof(stream));
  grpc_call_details_init(&next->details);
  grpc_metadata_array_init(&next->metadata);
  next->request = (tag){next, REQUEST};
  next->receive = (tag){next, RECEIVED};
  next->send = (tag){next, SENT};
  if (grpc_server_request_call(server, &next->call, &next->details,
                               &next->metadata, queue, queue,
                               &next->request) != GRPC_CALL_OK)
    fail("no call can be requested");
}

static void receive(stream *stream) {
  grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
  op.data.recv_message.recv_message = &stream->received;
  if (grpc_call_start_batch(stream->call, &op, 1, &stream->receive, NULL) !=
      GRPC_CALL_OK)
    fail("no message can be received");
}

static void send_bytes(stream *stream, grpc_slice slice) {
  if (stream->sent != NULL) fail("a stream has not read what came before");
  stream->sent = grpc_raw_byte_buffer_create(&slice, 1);
  grpc_op ops[2] = {{.op = GRPC_OP_SEND_MESSAGE},
                    {.op = GRPC_OP_SEND_INITIAL_METADATA}};
  ops[0].data.send_message.send_message = stream->sent;
  size_t count = stream->responses == 0 ? 2 : 1;
  stream->responses++;
  if (grpc_call_start_batch(stream->call, ops, count, &stream->send, NULL) !=
      GRPC_CALL_OK)
    fail("no message can be sent");
}

static void answer(stream *stream) {
  if (stream->sent == NULL && stream->responses < stream->requests &&
      stream->responses < response_count)
    send_bytes(stream, responses[stream->responses]);
}

static void completed(tag *tag, int success) {
  stream *stream = tag->owner;
  switch (tag->kind) {
    case REQUEST:
      if (!success) return;
      if (stream_count == MOST_STREAMS) fail("too many streams");
      streams[stream_count++] = stream;
      arm();
      receive(stream);
      break;
    case RECEIVED:
      if (stream->received == NULL) return;
      grpc_byte_buffer_destroy(stream->received);
      stream->received = NULL;
      stream->requests++;
      receive(stream);
      answer(stream);
      break;
    case SENT:
      grpc_byte_buffer_destroy(stream->sent);
      stream->sent = NULL;
      answer(stream);
      break;
  }
}

/* Whether standard input is still open. */
static int take_commands(void) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  char line[64];
  if (poll(&input, 1, 0) <= 0) return 1;
  if (read(STDIN_FILENO, line, sizeof(line)) <= 0) return 0;
  for (int i = 0; i < stream_count; i++) send_bytes(streams[i], push);
  return 1;
}

int main(int count, char **arguments) {
  if (count < 3 || count > 10) fail("usage: xds-control RESPONSE... PUSH");
  for (int i = 1; i < count - 1; i++)
    responses[response_count++] = read_file(arguments[i]);
  push = read_file(arguments[count - 1]);
  grpc_init();
  queue = grpc_completion_queue_create_for_next(NULL);
  /* As the server under test: no pings to learn the bandwidth. */
  grpc_arg probe = {.type = GRPC_ARG_INTEGER,
                    .key = (char *)GRPC_ARG_HTTP2_BDP_PROBE,
                    .value.integer = 0};
  grpc_channel_args settings = {1, &probe};
  server = grpc_server_create(&settings, NULL);
  grpc_server_register_completion_queue(server, queue, NULL);
  grpc_server_credentials *plain = grpc_insecure_server_credentials_create();
  int port = grpc_server_add_http2_port(server, "127.0.0.1:0", plain);
  if (port == 0) fail("no port");
  grpc_server_start(server);
  for (int i = 0; i < ARMED; i++) arm();
  printf("port %d\n", port);
  fflush(stdout);
  while (take_commands()) {
    gpr_timespec soon = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                     gpr_time_from_millis(5, GPR_TIMESPAN));
    for (;;) {
      grpc_event event = grpc_completion_queue_next(queue, soon, NULL);
      if (event.type != GRPC_OP_COMPLETE) break;
      completed(event.tag, event.success);
    }
  }
  return 0;
}
