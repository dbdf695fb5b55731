"""gRPC's own xDS client, and two servers that answer with their name, "one" and "two".

Prints the servers' ports as a line of JSON that begins with "> ", then reads lines of JSON, each
with a target and a number of calls to make, and answers with how often each server answered; calls
that fail are counted by the name of their status.
"""

import collections
import json
import sys
from concurrent import futures

import grpc

class AnyMethod(grpc.GenericRpcHandler):
    def __init__(self, answer: bytes):
        self._handler = grpc.unary_unary_rpc_method_handler(lambda request, context: answer)

    def service(self, details):
        return self._handler


def serve(name: str) -> tuple[grpc.Server, int]:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    server.add_generic_rpc_handlers([AnyMethod(name.encode())])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def count(channel: grpc.Channel, calls: int) -> dict[str, int]:
    counts: collections.Counter[str] = collections.Counter()
    call = channel.unary_unary("/test.Service/Get")
    for _ in range(calls):
        try:
            counts[call(b"", timeout=10).decode()] += 1
        except grpc.RpcError as error:
            counts[error.code().name] += 1
    return counts


def main() -> None:
    servers = {name: serve(name) for name in ("one", "two")}
    print(">", json.dumps({name: port for name, (_, port) in servers.items()}), flush=True)
    channels: dict[str, grpc.Channel] = {}
    for line in sys.stdin:
        command = json.loads(line)
        target = command["target"]
        if target not in channels:
            channels[target] = grpc.insecure_channel(target)
        print(">", json.dumps(count(channels[target], command["calls"])), flush=True)


if __name__ == "__main__":
    main()
