"""A gRPC server that answers every unary call with its version, as raw bytes."""

import argparse
import signal
import sys
import threading
from concurrent import futures

import grpc


class AnyMethod(grpc.GenericRpcHandler):
    """Handles every method: no generated code, bytes in and bytes out."""

    def __init__(self, answer: bytes):
        self._handler = grpc.unary_unary_rpc_method_handler(lambda request, context: answer)

    def service(self, details):
        return self._handler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bind", default="127.0.20.11:9080", help="HOST:PORT to listen on")
    parser.add_argument("--version", default="v1", help="what it answers")
    options = parser.parse_args()

    # Without SO_REUSEPORT a second server at the address fails instead of sharing the calls.
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4), options=[("grpc.so_reuseport", 0)]
    )
    server.add_generic_rpc_handlers([AnyMethod(options.version.encode())])
    try:
        server.add_insecure_port(options.bind)
    except RuntimeError as error:
        sys.exit(f"backend: cannot listen on {options.bind}: {error}; give a free --bind")

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server.start()
    print("backend: ready", flush=True)
    stop.wait()
    server.stop(grace=2).wait()


if __name__ == "__main__":
    main()
