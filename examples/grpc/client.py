"""Makes gRPC calls to a mesh name and prints how often each version answered.

The name is resolved by xDS, with no proxy between: GRPC_XDS_BOOTSTRAP names bootstrap.json.
The last line is one JSON object, such as {"v1": 500, "v2": 500}; calls that fail are counted
as "failed", and make the exit code 1.
"""

import argparse
import collections
import json
import os
import sys

import grpc


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", default="xds:///reviews.bookinfo:9080")
    parser.add_argument("--method", default="/bookinfo.Reviews/Get")
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--timeout", type=float, default=15, help="seconds for each call")
    options = parser.parse_args()
    if options.target.startswith("xds:") and not (
        "GRPC_XDS_BOOTSTRAP" in os.environ or "GRPC_XDS_BOOTSTRAP_CONFIG" in os.environ
    ):
        sys.exit("client: set GRPC_XDS_BOOTSTRAP to the path of bootstrap.json")

    counts: collections.Counter[str] = collections.Counter()
    with grpc.insecure_channel(options.target) as channel:
        # No serializers: the messages are raw bytes.
        call = channel.unary_unary(options.method)
        for _ in range(options.requests):
            try:
                # The first call waits for the configuration.
                answer = call(b"", timeout=options.timeout, wait_for_ready=True)
                counts[answer.decode(errors="replace")] += 1
            except grpc.RpcError as error:
                if counts["failed"] == 0:
                    print(f"client: {error.code().name}: {error.details()}", file=sys.stderr)
                counts["failed"] += 1
    print(json.dumps({name: counts[name] for name in sorted(counts)}))
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
