"""Opens delta ADS streams and prints, for each marker asked for, when the last stream had it.

Usage: streams.py ADDRESS GATEWAY COUNT HOST. Prints `ready` when every stream has the first
configuration. Then, for each line `HOST` on standard input, waits until every stream has received
a new version of the virtual host of that name and prints the time of the last one, in seconds of
the monotonic clock.
"""

import queue
import sys
import threading
import time

import grpc
from envoy.service.discovery.v3 import discovery_pb2

PATH = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
PREFIX = "type.googleapis.com/envoy.config."
HOSTS = PREFIX + "route.v3.VirtualHost"
STREAMS_PER_CONNECTION = 50


class Stream:
    """One client that takes every virtual host and acknowledges what it gets."""

    def __init__(self, channel, gateway, number, board):
        self.requests = queue.SimpleQueue()
        self.board = board
        request = discovery_pb2.DeltaDiscoveryRequest(
            type_url=HOSTS, resource_names_subscribe=["*"])
        namespace, name = gateway.split("/")
        request.node.id = f"gateway~{namespace}~{name}~bench-{number}"
        request.node.cluster = gateway
        request.node.client_features.append("heddle.virtual_host_discovery")
        self.requests.put(request)
        call = channel.stream_stream(
            PATH,
            request_serializer=discovery_pb2.DeltaDiscoveryRequest.SerializeToString,
            response_deserializer=discovery_pb2.DeltaDiscoveryResponse.FromString)
        self.responses = call(iter(self.requests.get, None))
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            for response in self.responses:
                now = time.monotonic()
                for resource in response.resources:
                    self.board.note(resource.name, now)
                self.requests.put(discovery_pb2.DeltaDiscoveryRequest(
                    type_url=HOSTS, response_nonce=response.nonce))
        except grpc.RpcError as error:
            print(f"a stream broke: {error.code()}", file=sys.stderr, flush=True)


class Board:
    """Counts who has received what."""

    def __init__(self):
        self.lock = threading.Condition()
        self.counts = {}
        self.last = {}

    def note(self, name, now):
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + 1
            self.last[name] = now
            self.lock.notify_all()

    def wait(self, name, count):
        with self.lock:
            if not self.lock.wait_for(lambda: self.counts.get(name, 0) >= count, timeout=60):
                sys.exit(f"only {self.counts.get(name, 0)} of {count} streams have {name}")
            self.counts[name] = 0
            return self.last[name]


def main():
    address, gateway, count, first = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    board = Board()
    streams = []
    for number in range(count):
        if number % STREAMS_PER_CONNECTION == 0:
            channel = grpc.insecure_channel(address, options=[
                ("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)])
        streams.append(Stream(channel, gateway, number, board))
    board.wait(first, count)
    print("ready", flush=True)
    for line in sys.stdin:
        print(board.wait(line.strip(), count), flush=True)


main()
