// System calls that Swift's Glibc module lacks or imports badly. Each returns what the call
// returns, or a negative errno, so that callers need not read errno.
#ifndef C_LINUX_IO_H
#define C_LINUX_IO_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// An event as a worker sees it: the token it registered and what is ready.
typedef struct {
    uint32_t ready;
    uint64_t token;
} linux_event;

static const uint32_t LINUX_READABLE = EPOLLIN;
static const uint32_t LINUX_WRITABLE = EPOLLOUT;
static const uint32_t LINUX_PEER_CLOSED = EPOLLRDHUP;
static const uint32_t LINUX_HUNG_UP = EPOLLHUP;
static const uint32_t LINUX_FAILED = EPOLLERR;
static const uint32_t LINUX_EDGE = EPOLLET;

static inline int linux_result(int status) { return status < 0 ? -errno : status; }

static inline int linux_poll_create(void) { return linux_result(epoll_create1(EPOLL_CLOEXEC)); }

static inline int linux_poll_add(int poll, int fd, uint32_t interest, uint64_t token) {
    struct epoll_event event = {.events = interest, .data = {.u64 = token}};
    return linux_result(epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event));
}

static inline int linux_poll_remove(int poll, int fd) {
    struct epoll_event event = {0};
    return linux_result(epoll_ctl(poll, EPOLL_CTL_DEL, fd, &event));
}

// Waits for up to `capacity` events, `milliseconds` at most (-1: for ever).
int linux_poll_wait(int poll, linux_event *events, int capacity, int milliseconds);

// A counter that wakes a poll.
static inline int linux_wakeup_create(void) {
    return linux_result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

static inline void linux_wakeup_signal(int fd) {
    uint64_t one = 1;
    // The counter cannot overflow; a signal that is pending already is as good.
    ssize_t ignored = write(fd, &one, sizeof one);
    (void)ignored;
}

static inline void linux_wakeup_clear(int fd) {
    uint64_t count;
    ssize_t ignored = read(fd, &count, sizeof count);
    (void)ignored;
}

// Accepts a connection, with the peer's address.
int linux_accept(int fd, struct sockaddr_storage *peer);

static inline ssize_t linux_receive(int fd, void *bytes, size_t count) {
    ssize_t status = recv(fd, bytes, count, 0);
    return status < 0 ? -errno : status;
}

// What could be received, without taking it.
static inline ssize_t linux_peek(int fd, void *bytes, size_t count) {
    ssize_t status = recv(fd, bytes, count, MSG_PEEK);
    return status < 0 ? -errno : status;
}

static inline ssize_t linux_send(int fd, const void *bytes, size_t count) {
    ssize_t status = send(fd, bytes, count, MSG_NOSIGNAL);
    return status < 0 ? -errno : status;
}

// Sends two stretches of memory as one.
ssize_t linux_send_pair(
    int fd, const void *first, size_t first_count, const void *second, size_t second_count);

static inline int linux_shutdown_writing(int fd) { return linux_result(shutdown(fd, SHUT_WR)); }

static inline int linux_close(int fd) { return linux_result(close(fd)); }

// Fills an address from an IP address in network byte order and returns its length.
socklen_t linux_address(
    struct sockaddr_storage *address, const uint8_t *bytes, int is_ipv6, uint16_t port);

// The IP address, in network byte order, and the port of an address: 16 bytes and 1, or 4 and 0.
int linux_address_parts(const struct sockaddr_storage *address, uint8_t *bytes, uint16_t *port);

// The address that a socket is bound to.
int linux_local_address(int fd, struct sockaddr_storage *address);

// Whether an address cannot be bound because somebody listens there, for connections or for
// datagrams: 0, or a positive errno.
int linux_address_in_use(
    const struct sockaddr_storage *address, socklen_t length, int is_datagram);

// A socket for connections, one of many on the same port, that does not listen yet.
int linux_bind_stream(const struct sockaddr_storage *address, socklen_t length);

// Has a socket take connections.
static inline int linux_listen(int fd, int backlog) { return linux_result(listen(fd, backlog)); }

// A socket for datagrams, one of many on the same port, which tells where each came to.
int linux_bind_datagrams(const struct sockaddr_storage *address, socklen_t length);

// A socket for datagrams to and from one address.
int linux_connect_datagrams(const struct sockaddr_storage *address, socklen_t length);

// A datagram: its bytes, where it came from, and which of this machine's addresses it came to.
typedef struct {
    uint8_t *bytes;
    size_t count;
    struct sockaddr_storage peer;
    uint8_t local[16];
    // 4 or 6 when `local` is known, else 0.
    int local_family;
} linux_datagram;

// How many datagrams are taken at once.
enum { LINUX_MOST_DATAGRAMS = 16 };

// Takes up to `capacity` datagrams, 16 at most, of up to `size` bytes each. How many, or a negative
// errno.
int linux_receive_datagrams(int fd, linux_datagram *datagrams, int capacity, size_t size);

// Sends a datagram where `to` came from, and from where it came to.
ssize_t linux_answer_datagram(
    int fd, const linux_datagram *to, const void *bytes, size_t count);

// The port that a socket is bound to.
int linux_bound_port(int fd);

// A socket that is being connected.
int linux_connect(const struct sockaddr_storage *address, socklen_t length);

// The outcome of a connect: 0 or a positive errno.
int linux_connect_outcome(int fd);

// Makes close() send a reset.
void linux_reset_on_close(int fd);

// Turns off the delay of small segments.
void linux_no_delay(int fd);

// The monotonic clock in nanoseconds.
static inline uint64_t linux_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// The wall clock in milliseconds since 1970.
static inline uint64_t linux_wall_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

#endif
