"""Opens delta ADS streams, and prints when the last of them has received each change.

Usage: streams.py PORT GATEWAY COUNT RESOURCE. Every stream subscribes to all virtual hosts and
acknowledges what it gets. One line is printed each time the last stream has received the virtual
host RESOURCE once more, the first configuration included: that moment, in seconds of the monotonic
clock.

HTTP/2 and gRPC are spoken here by hand. A thousand streams of a gRPC library in Python take longer
to read than a control plane to send, on the same cores, and would be what is measured.
"""

import collections
import selectors
import socket
import struct
import sys
import time

PATH = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
VIRTUAL_HOST = "type.googleapis.com/envoy.config.route.v3.VirtualHost"
FEATURE = "heddle.virtual_host_discovery"
STREAMS_PER_CONNECTION = 50

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
ACK = END_STREAM = 0x1
END_HEADERS = 0x4
INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = 4, 5
LARGEST_WINDOW = 2**31 - 1
FIRST_WINDOW = 65535


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


def value_of(message, wanted):
    """The last value of a field, in a message whose fields all have a length."""
    found, at = None, 0
    while at < len(message):
        numbers = []
        for _ in range(2):
            number = shift = 0
            while True:
                byte = message[at]
                at += 1
                number |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
            numbers.append(number)
        tag, length = numbers
        if tag >> 3 == wanted:
            found = message[at:at + length]
        at += length
    return found


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def request_head():
    """HPACK, literals alone: nothing for the server to keep."""
    fields = {":method": "POST", ":scheme": "http", ":path": PATH, ":authority": "heddled",
              "te": "trailers", "content-type": "application/grpc"}
    return b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in fields.items())


class Board:
    """Knows how many streams have yet to receive the change that is under way."""

    def __init__(self, streams):
        self.streams = self.behind = streams
        self.generation = 1

    def note(self, count, now):
        """A stream has received the resource for the `count`th time."""
        if count > self.generation:
            sys.exit("a stream has received one change twice")
        self.behind -= 1
        if self.behind == 0:
            print(now, flush=True)
            self.behind = self.streams
            self.generation += 1


class Connection:
    """One HTTP/2 connection. Its streams begin one after another, each when the one before has
    its first configuration: at most one large message a connection is under way."""

    def __init__(self, port, group, numbers, resource, board):
        self.group, self.numbers, self.board = group, list(numbers), board
        self.resource = field(3, resource)
        self.received = bytearray()
        self.messages = {}
        self.counts = {}
        self.unsent = collections.deque()
        self.window = FIRST_WINDOW
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        settings = struct.pack(
            ">HIHI", INITIAL_WINDOW_SIZE, LARGEST_WINDOW, MAX_FRAME_SIZE, 2**20)
        self.socket.sendall(
            PREFACE + frame(SETTINGS, 0, 0, settings)
            + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", LARGEST_WINDOW - FIRST_WINDOW)))
        self.begin_stream()

    def begin_stream(self):
        if len(self.counts) == len(self.numbers):
            return
        number = self.numbers[len(self.counts)]
        stream = 2 * len(self.counts) + 1
        self.counts[stream] = 0
        self.messages[stream] = bytearray()
        namespace, name = self.group.split("/")
        node = (field(1, f"gateway~{namespace}~{name}~bench-{number}") + field(2, self.group)
                + field(10, FEATURE))
        self.socket.sendall(frame(HEADERS, END_HEADERS, stream, request_head()))
        self.send(stream, field(1, node) + field(2, VIRTUAL_HOST) + field(3, "*"))

    def send(self, stream, message):
        self.unsent.append((stream, b"\0" + struct.pack(">I", len(message)) + message))
        self.flush()

    def flush(self):
        """A stream's own window is never used up: its few requests are short."""
        while self.unsent and len(self.unsent[0][1]) <= self.window:
            stream, payload = self.unsent.popleft()
            self.window -= len(payload)
            self.socket.sendall(frame(DATA, 0, stream, payload))

    def read(self):
        data = self.socket.recv(2**20)
        now = time.monotonic()
        if not data:
            sys.exit("a connection was closed")
        self.received += data
        at = 0
        while len(self.received) - at >= 9:
            end = at + 9 + int.from_bytes(self.received[at:at + 3], "big")
            if len(self.received) < end:
                break
            kind, flags, stream = struct.unpack_from(">BBI", self.received, at + 3)
            self.receive(kind, flags, stream, self.received[at + 9:end], now)
            at = end
        del self.received[:at]

    def receive(self, kind, flags, stream, payload, now):
        if kind == DATA:
            self.messages[stream] += payload
            self.take_messages(stream, now)
        elif kind == SETTINGS and not flags & ACK:
            self.socket.sendall(frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            self.socket.sendall(frame(PING, ACK, 0, bytes(payload)))
        elif kind == WINDOW_UPDATE and stream == 0:
            self.window += int.from_bytes(payload, "big")
            self.flush()
        elif kind in (RST_STREAM, GOAWAY) or kind == HEADERS and flags & END_STREAM:
            sys.exit(f"a stream was ended: {bytes(payload)}")

    def take_messages(self, stream, now):
        received = self.messages[stream]
        while len(received) >= 5:
            end = 5 + int.from_bytes(received[1:5], "big")
            if len(received) < end:
                return
            message = bytes(received[5:end])
            del received[:end]
            # DeltaDiscoveryResponse.nonce is 5, DeltaDiscoveryRequest.response_nonce is 6.
            self.send(stream, field(2, VIRTUAL_HOST) + field(6, value_of(message, 5)))
            if self.resource in message:
                self.counts[stream] += 1
                if self.counts[stream] == 1:
                    self.begin_stream()
                self.board.note(self.counts[stream], now)


def main():
    port, group, count, resource = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    board = Board(count)
    selector = selectors.DefaultSelector()
    for first in range(0, count, STREAMS_PER_CONNECTION):
        numbers = range(first, min(first + STREAMS_PER_CONNECTION, count))
        connection = Connection(port, group, numbers, resource, board)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    while True:
        for key, _ in selector.select():
            key.data.read()


main()
