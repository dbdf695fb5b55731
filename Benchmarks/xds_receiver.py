"""A thousand xDS streams, a connection each, in one process.

HTTP/2 and gRPC are spoken here by hand: a gRPC library takes longer to read than a control plane
to send, on the same cores, and would be what is measured. Of a response only the fields that its
answer needs are read.
"""

import selectors
import socket
import struct
import sys
import time

SERVICE = "/envoy.service.discovery.v3.AggregatedDiscoveryService/"
CLUSTERS = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
ENDPOINTS = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
ACK = END_STREAM = 0x1
END_HEADERS = 0x4
INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = 4, 5
LARGEST_WINDOW = 2**31 - 1
FIRST_WINDOW = 65535
LARGEST_FRAME = 16384


def varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def field(number, value):
    """A protobuf field of bytes, a string or a message."""
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def message(content):
    return b"\0" + struct.pack(">I", len(content)) + content


def request_head(path):
    """HPACK, literals alone: nothing for the server to keep."""
    fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "xds",
              "te": "trailers", "content-type": "application/grpc"}
    return b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in fields.items())


def read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


def leading_fields(data, wanted):
    """The first value of each wanted field; reads no further than the last of them."""
    found, at = {}, 0
    while at < len(data) and len(found) < len(wanted):
        tag, at = read_varint(data, at)
        length, at = read_varint(data, at)
        if tag >> 3 in wanted:
            found.setdefault(tag >> 3, bytes(data[at:at + length]))
        at += length
    return found


class Delta:
    """The incremental variant: all clusters, and each assignment by its name, as Envoy asks."""

    path = SERVICE + "DeltaAggregatedResources"
    wanted = {4, 5}  # type_url, nonce

    def __init__(self, names, node):
        self.first = [field(1, node) + field(2, CLUSTERS) + field(3, "*"),
                      field(2, ENDPOINTS) + b"".join(field(3, name) for name in names)]

    def answer(self, fields):
        return field(2, fields[4]) + field(6, fields[5])


class Wildcard(Delta):
    """The incremental variant with no name at all."""

    def __init__(self, names, node):
        super().__init__(names, node)
        self.first[1] = field(2, ENDPOINTS) + field(3, "*")


class StateOfTheWorld:
    """The same by state of the world, where every answer names all that is asked for."""

    path = SERVICE + "StreamAggregatedResources"
    wanted = {1, 4, 5}  # version_info, type_url, nonce

    def __init__(self, names, node):
        self.names = b"".join(field(3, name) for name in names)
        self.first = [field(2, node) + field(4, CLUSTERS), field(4, ENDPOINTS) + self.names]

    def answer(self, fields):
        names = self.names if fields[4] == ENDPOINTS.encode() else b""
        return field(1, fields[1]) + field(4, fields[4]) + field(5, fields[5]) + names


class Stream:
    """One connection with one stream."""

    def __init__(self, port, protocol, arrived):
        self.protocol = protocol
        self.arrived = arrived
        self.responses = 0
        self.bytes = 0
        self.received = bytearray()
        self.content = bytearray()
        self.unsent = b"".join(message(first) for first in protocol.first)
        self.window = self.stream_window = FIRST_WINDOW
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        settings = struct.pack(
            ">HIHI", INITIAL_WINDOW_SIZE, LARGEST_WINDOW, MAX_FRAME_SIZE, 2**20)
        self.socket.sendall(
            PREFACE + frame(SETTINGS, 0, 0, settings)
            + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", LARGEST_WINDOW - FIRST_WINDOW))
            + frame(HEADERS, END_HEADERS, 1, request_head(protocol.path)))

    def flush(self):
        while self.unsent and min(self.window, self.stream_window) > 0:
            count = min(len(self.unsent), self.window, self.stream_window, LARGEST_FRAME)
            self.socket.sendall(frame(DATA, 0, 1, self.unsent[:count]))
            self.unsent = self.unsent[count:]
            self.window -= count
            self.stream_window -= count

    def read(self):
        data = self.socket.recv(2**20)
        if not data:
            sys.exit("a connection was closed")
        self.bytes += len(data)
        self.received += data
        at = 0
        while len(self.received) - at >= 9:
            end = at + 9 + int.from_bytes(self.received[at:at + 3], "big")
            if len(self.received) < end:
                break
            kind, flags, stream = struct.unpack_from(">BBI", self.received, at + 3)
            self.receive(kind, flags, stream, self.received[at + 9:end])
            at = end
        del self.received[:at]

    def receive(self, kind, flags, stream, payload):
        if kind == DATA:
            self.content += payload
            self.take_responses()
        elif kind == SETTINGS and not flags & ACK:
            for at in range(0, len(payload), 6):
                name, value = struct.unpack_from(">HI", payload, at)
                if name == INITIAL_WINDOW_SIZE:
                    self.stream_window += value - FIRST_WINDOW
            self.socket.sendall(frame(SETTINGS, ACK, 0, b""))
            self.flush()
        elif kind == PING and not flags & ACK:
            self.socket.sendall(frame(PING, ACK, 0, bytes(payload)))
        elif kind == WINDOW_UPDATE:
            increment = int.from_bytes(payload, "big")
            if stream:
                self.stream_window += increment
            else:
                self.window += increment
            self.flush()
        elif kind in (RST_STREAM, GOAWAY) or kind == HEADERS and flags & END_STREAM:
            sys.exit(f"a stream was ended: {bytes(payload)}")

    def take_responses(self):
        while len(self.content) >= 5:
            end = 5 + int.from_bytes(self.content[1:5], "big")
            if len(self.content) < end:
                return
            response = self.content[5:end]
            del self.content[:end]
            self.responses += 1
            self.arrived(self, response)
            self.unsent += message(
                self.protocol.answer(leading_fields(response, self.protocol.wanted)))
            self.flush()


class Receiver:
    """All streams to one server.

    `captured` holds the first stream's responses, which are what a control has to send.
    """

    AT_ONCE = 20
    PATIENCE = 60
    FIRST_RESPONSES = 2

    def __init__(self, port, protocol):
        self.port = port
        self.protocol = protocol
        self.streams = []
        self.selector = selectors.DefaultSelector()
        self.captured = []
        self.wanted = self.FIRST_RESPONSES
        self.behind = 0

    def open(self, count):
        """Opens streams, a few at a time, and waits until each has both first responses."""
        while len(self.streams) < count:
            new = min(self.AT_ONCE, count - len(self.streams))
            self.behind = new
            for _ in range(new):
                stream = Stream(self.port, self.protocol, self.arrived)
                self.streams.append(stream)
                self.selector.register(stream.socket, selectors.EVENT_READ, stream)
                stream.flush()
            self.catch_up()

    def change(self, begin):
        """Runs `begin`, and gives the seconds until the last stream has one response more."""
        self.wanted, self.behind = 1, len(self.streams)
        for stream in self.streams:
            stream.responses = stream.bytes = 0
        started = time.monotonic()
        begin()
        self.catch_up()
        return time.monotonic() - started

    def settle(self, seconds):
        """Reads what still comes, for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)

    def arrived(self, stream, response):
        if stream is self.streams[0] and len(self.captured) <= self.FIRST_RESPONSES:
            self.captured.append(bytes(response))
        if stream.responses == self.wanted:
            self.behind -= 1
        elif stream.responses > self.wanted:
            sys.exit("a stream has received one change twice")

    def catch_up(self):
        end = time.monotonic() + self.PATIENCE
        while self.behind > 0:
            if time.monotonic() > end:
                sys.exit(f"{self.behind} streams had no response within {self.PATIENCE} s")
            self.read(1)

    def read(self, timeout):
        for key, _ in self.selector.select(timeout):
            key.data.read()

    def close(self):
        for stream in self.streams:
            self.selector.unregister(stream.socket)
            stream.socket.close()
        self.streams = []
