#include "CNghttp2.h"

// A client may reset so many streams at once, and so many a second from then on, before the
// connection ends (CVE-2023-44487).
static const uint64_t reset_burst = 1000;
static const uint64_t reset_rate = 100;

nghttp2_session *http2_session_create(
    int is_server, const http2_callbacks *callbacks, void *user_data) {
    nghttp2_session_callbacks *table = NULL;
    nghttp2_option *options = NULL;
    nghttp2_session *session = NULL;
    if (nghttp2_session_callbacks_new(&table) != 0) return NULL;
    if (nghttp2_option_new(&options) != 0) {
        nghttp2_session_callbacks_del(table);
        return NULL;
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(table, callbacks->began_headers);
    nghttp2_session_callbacks_set_on_header_callback(table, callbacks->received_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(table, callbacks->received_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, callbacks->received_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(table, callbacks->closed_stream);
    nghttp2_session_callbacks_set_on_frame_send_callback(table, callbacks->sent_frame);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(
        table, callbacks->could_not_send_frame);
    nghttp2_session_callbacks_set_send_data_callback(table, callbacks->send_data);
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_option_set_no_closed_streams(options, 1);
    nghttp2_option_set_max_outbound_ack(options, 1000);
    nghttp2_option_set_max_settings(options, 32);
    nghttp2_option_set_stream_reset_rate_limit(options, reset_burst, reset_rate);
    nghttp2_option_set_max_continuations(options, 8);
    if (is_server) {
        nghttp2_session_server_new2(&session, table, user_data, options);
    } else {
        nghttp2_session_client_new2(&session, table, user_data, options);
    }
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(table);
    return session;
}
