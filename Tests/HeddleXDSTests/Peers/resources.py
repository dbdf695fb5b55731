"""Turns resources from JSON into the bytes of the published messages.

Reads lines of JSON from standard input, each an array of objects with an "@type", and answers each
with a line that begins with "> ": an array of objects with type, name and hex.
"""

import importlib
import json
import sys

from google.protobuf import any_pb2, empty_pb2, json_format, symbol_database

MODULES = [
    "envoy.config.cluster.v3.cluster_pb2",
    "envoy.config.endpoint.v3.endpoint_pb2",
    "envoy.config.listener.v3.listener_pb2",
    "envoy.config.route.v3.route_pb2",
    "envoy.extensions.filters.http.on_demand.v3.on_demand_pb2",
    "envoy.extensions.filters.http.router.v3.router_pb2",
    "envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2",
    "envoy.extensions.transport_sockets.tls.v3.tls_pb2",
    "envoy.extensions.upstreams.http.v3.http_protocol_options_pb2",
]


def encoded(resource: dict) -> dict:
    wrapped = json_format.ParseDict(resource, any_pb2.Any())
    kind = symbol_database.Default().GetSymbol(wrapped.TypeName())
    message = kind.FromString(wrapped.value)
    name = message.cluster_name if hasattr(message, "cluster_name") else message.name
    content = message.SerializeToString(deterministic=True)
    return {"type": wrapped.type_url, "name": name, "hex": content.hex()}


def main() -> None:
    assert empty_pb2
    for module in MODULES:
        importlib.import_module(module)
    for line in sys.stdin:
        print(">", json.dumps([encoded(one) for one in json.loads(line)]), flush=True)


if __name__ == "__main__":
    main()
