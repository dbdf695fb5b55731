// nghttp2, which frames and unframes HTTP/2 and checks its messages.
#ifndef C_NGHTTP2_H
#define C_NGHTTP2_H

#include <nghttp2/nghttp2.h>

// A header to be sent; nghttp2 copies it when it is submitted.
static inline nghttp2_nv http2_header(
    const void *name, size_t name_length, const void *value, size_t value_length) {
    nghttp2_nv header = {
        .name = (uint8_t *)name,
        .value = (uint8_t *)value,
        .namelen = name_length,
        .valuelen = value_length,
        .flags = NGHTTP2_NV_FLAG_NONE,
    };
    return header;
}

// The stream that a frame belongs to; Swift sees no member of C's anonymous unions by itself.
static inline int32_t http2_stream_id(const nghttp2_frame *frame) { return frame->hd.stream_id; }

static inline uint8_t http2_frame_type(const nghttp2_frame *frame) { return frame->hd.type; }

static inline uint8_t http2_frame_flags(const nghttp2_frame *frame) { return frame->hd.flags; }

static inline size_t http2_frame_length(const nghttp2_frame *frame) { return frame->hd.length; }

static inline int http2_header_category(const nghttp2_frame *frame) { return frame->headers.cat; }

// What the callbacks of a session are; all get the session's user data last.
typedef struct {
    nghttp2_on_begin_headers_callback began_headers;
    nghttp2_on_header_callback received_header;
    nghttp2_on_frame_recv_callback received_frame;
    nghttp2_on_data_chunk_recv_callback received_data;
    nghttp2_on_stream_close_callback closed_stream;
    nghttp2_on_frame_send_callback sent_frame;
    nghttp2_on_frame_not_send_callback could_not_send_frame;
    nghttp2_send_data_callback send_data;
} http2_callbacks;

// Makes a session that leaves the windows to its owner; NULL when there is no memory.
nghttp2_session *http2_session_create(
    int is_server, const http2_callbacks *callbacks, void *user_data);

// The bodies' source for nghttp2_submit_request and its neighbours.
static inline nghttp2_data_provider http2_data_provider(
    void *source, nghttp2_data_source_read_callback read) {
    nghttp2_data_provider provider = {.source = {.ptr = source}, .read_callback = read};
    return provider;
}

static inline void *http2_source_pointer(const nghttp2_data_source *source) { return source->ptr; }

#endif
