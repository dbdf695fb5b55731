// For accept4 and recvmmsg.
#define _GNU_SOURCE

#include "CLinuxIO.h"

#include <string.h>

enum { MOST_EVENTS = 256 };

int linux_poll_wait(int poll, linux_event *events, int capacity, int milliseconds) {
    struct epoll_event ready[MOST_EVENTS];
    int count = epoll_wait(
        poll, ready, capacity < MOST_EVENTS ? capacity : MOST_EVENTS, milliseconds);
    if (count < 0) return -errno;
    for (int index = 0; index < count; index++) {
        events[index].ready = ready[index].events;
        events[index].token = ready[index].data.u64;
    }
    return count;
}

int linux_accept(int fd, struct sockaddr_storage *peer) {
    socklen_t length = sizeof *peer;
    return linux_result(
        accept4(fd, (struct sockaddr *)peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

ssize_t linux_send_pair(
    int fd, const void *first, size_t first_count, const void *second, size_t second_count) {
    struct iovec parts[2] = {
        {.iov_base = (void *)first, .iov_len = first_count},
        {.iov_base = (void *)second, .iov_len = second_count},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t status = sendmsg(fd, &message, MSG_NOSIGNAL);
    return status < 0 ? -errno : status;
}

socklen_t linux_address(
    struct sockaddr_storage *address, const uint8_t *bytes, int is_ipv6, uint16_t port) {
    memset(address, 0, sizeof *address);
    if (is_ipv6) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        memcpy(&six->sin6_addr, bytes, 16);
        return sizeof *six;
    }
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    memcpy(&four->sin_addr, bytes, 4);
    return sizeof *four;
}

int linux_address_parts(const struct sockaddr_storage *address, uint8_t *bytes, uint16_t *port) {
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
        memcpy(bytes, &six->sin6_addr, 16);
        *port = ntohs(six->sin6_port);
        return 1;
    }
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    memcpy(bytes, &four->sin_addr, 4);
    *port = ntohs(four->sin_port);
    return 0;
}

int linux_local_address(int fd, struct sockaddr_storage *address) {
    socklen_t length = sizeof *address;
    return linux_result(getsockname(fd, (struct sockaddr *)address, &length));
}

static int failed(int fd) {
    int error = errno;
    close(fd);
    return -error;
}

int linux_address_in_use(
    const struct sockaddr_storage *address, socklen_t length, int is_datagram) {
    int type = is_datagram ? SOCK_DGRAM : SOCK_STREAM;
    int fd = socket(address->ss_family, type | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    // Connections that linger do not count; of datagrams, it would let two have the same port.
    int on = !is_datagram;
    int error = 0;
    // Without SO_REUSEPORT, a socket that listens is in the way, whoever opened it.
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0
        || bind(fd, (const struct sockaddr *)address, length) < 0)
        error = errno;
    close(fd);
    return error;
}

int linux_bind_stream(const struct sockaddr_storage *address, socklen_t length) {
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) return failed(fd);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) return failed(fd);
    // What is accepted inherits this.
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) return failed(fd);
    if (bind(fd, (const struct sockaddr *)address, length) < 0) return failed(fd);
    return fd;
}

int linux_bind_datagrams(const struct sockaddr_storage *address, socklen_t length) {
    int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    int on = 1;
    int is_ipv6 = address->ss_family == AF_INET6;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) return failed(fd);
    if (setsockopt(
            fd, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, is_ipv6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on,
            sizeof on)
        < 0)
        return failed(fd);
    if (bind(fd, (const struct sockaddr *)address, length) < 0) return failed(fd);
    return fd;
}

int linux_connect_datagrams(const struct sockaddr_storage *address, socklen_t length) {
    int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (const struct sockaddr *)address, length) < 0) return failed(fd);
    return fd;
}

typedef union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
} packet_info;

static void read_local(linux_datagram *datagram, struct msghdr *message) {
    datagram->local_family = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(header), sizeof info);
            memcpy(datagram->local, &info.ipi_addr, 4);
            datagram->local_family = 4;
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(header), sizeof info);
            memcpy(datagram->local, &info.ipi6_addr, 16);
            datagram->local_family = 6;
        }
    }
}

int linux_receive_datagrams(int fd, linux_datagram *datagrams, int capacity, size_t size) {
    struct mmsghdr messages[LINUX_MOST_DATAGRAMS];
    struct iovec parts[LINUX_MOST_DATAGRAMS];
    packet_info infos[LINUX_MOST_DATAGRAMS];
    if (capacity > LINUX_MOST_DATAGRAMS) capacity = LINUX_MOST_DATAGRAMS;
    memset(messages, 0, sizeof messages);
    for (int index = 0; index < capacity; index++) {
        parts[index] = (struct iovec){.iov_base = datagrams[index].bytes, .iov_len = size};
        struct msghdr *message = &messages[index].msg_hdr;
        message->msg_iov = &parts[index];
        message->msg_iovlen = 1;
        message->msg_name = &datagrams[index].peer;
        message->msg_namelen = sizeof datagrams[index].peer;
        message->msg_control = &infos[index];
        message->msg_controllen = sizeof infos[index];
    }
    int count = recvmmsg(fd, messages, (unsigned)capacity, 0, NULL);
    if (count < 0) return -errno;
    for (int index = 0; index < count; index++) {
        datagrams[index].count = messages[index].msg_len;
        read_local(&datagrams[index], &messages[index].msg_hdr);
    }
    return count;
}

ssize_t linux_answer_datagram(
    int fd, const linux_datagram *to, const void *bytes, size_t count) {
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    packet_info info;
    memset(&info, 0, sizeof info);
    struct msghdr message = {
        .msg_name = (void *)&to->peer,
        .msg_namelen = to->peer.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                      : sizeof(struct sockaddr_in),
        .msg_iov = &part,
        .msg_iovlen = 1,
    };
    if (to->local_family == 4) {
        struct in_pktinfo local = {0};
        memcpy(&local.ipi_spec_dst, to->local, 4);
        info.header.cmsg_level = IPPROTO_IP;
        info.header.cmsg_type = IP_PKTINFO;
        info.header.cmsg_len = CMSG_LEN(sizeof local);
        memcpy(CMSG_DATA(&info.header), &local, sizeof local);
        message.msg_control = &info;
        message.msg_controllen = CMSG_SPACE(sizeof local);
    } else if (to->local_family == 6) {
        struct in6_pktinfo local = {0};
        memcpy(&local.ipi6_addr, to->local, 16);
        info.header.cmsg_level = IPPROTO_IPV6;
        info.header.cmsg_type = IPV6_PKTINFO;
        info.header.cmsg_len = CMSG_LEN(sizeof local);
        memcpy(CMSG_DATA(&info.header), &local, sizeof local);
        message.msg_control = &info;
        message.msg_controllen = CMSG_SPACE(sizeof local);
    }
    ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

int linux_bound_port(int fd) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0) return -errno;
    if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

int linux_connect(const struct sockaddr_storage *address, socklen_t length) {
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    linux_no_delay(fd);
    if (connect(fd, (const struct sockaddr *)address, length) < 0 && errno != EINPROGRESS)
        return failed(fd);
    return fd;
}

int linux_connect_outcome(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return errno;
    return error;
}

void linux_reset_on_close(int fd) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

void linux_no_delay(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}
