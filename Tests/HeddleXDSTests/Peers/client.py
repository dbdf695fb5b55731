"""A client of the discovery services that does as it is told, and knows nothing of the protocol.

Reads commands from standard input, a JSON object a line, and answers each with a line that begins
with "> ". The messages are those of the published API.
"""

import json
import queue
import sys

import grpc
from envoy.service.discovery.v3 import discovery_pb2
from google.protobuf import json_format, wrappers_pb2

TARGET = sys.argv[1]
METHODS = {
    "ads": "discovery.v3.AggregatedDiscoveryService/{}AggregatedResources",
    "lds": "listener.v3.ListenerDiscoveryService/{}Listeners",
    "rds": "route.v3.RouteDiscoveryService/{}Routes",
    "vhds": "route.v3.VirtualHostDiscoveryService/{}VirtualHosts",
    "cds": "cluster.v3.ClusterDiscoveryService/{}Clusters",
    "eds": "endpoint.v3.EndpointDiscoveryService/{}Endpoints",
    "sds": "secret.v3.SecretDiscoveryService/{}Secrets",
}
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]


def resource_name(message: bytes) -> str:
    # The name is field 1 of every type of resource.
    return wrappers_pb2.StringValue.FromString(message).value


class Stream:
    def __init__(self, channel: grpc.Channel, service: str, is_delta: bool):
        self.is_delta = is_delta
        self.requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        method = METHODS[service].format("Delta" if is_delta else "Stream")
        # Without serializers the messages are bytes.
        self.call = channel.stream_stream("/envoy.service." + method)(
            iter(self.requests.get, None), timeout=30
        )

    def send(self, request: dict) -> None:
        kind = (
            discovery_pb2.DeltaDiscoveryRequest
            if self.is_delta
            else discovery_pb2.DiscoveryRequest
        )
        self.requests.put(json_format.ParseDict(request, kind()).SerializeToString())

    def receive(self) -> dict:
        try:
            message = next(self.call)
        except StopIteration:
            return {"status": "OK", "message": ""}
        except grpc.RpcError as error:
            return {"status": error.code().name, "message": error.details()}
        return self.delta(message) if self.is_delta else self.sotw(message)

    def delta(self, message: bytes) -> dict:
        response = discovery_pb2.DeltaDiscoveryResponse.FromString(message)
        for resource in response.resources:
            if resource.HasField("resource"):
                assert resource.resource.type_url == response.type_url, resource
                assert resource_name(resource.resource.value) == resource.name, resource
        return {
            "type": response.type_url,
            "version": response.system_version_info,
            "nonce": response.nonce,
            "names": [resource.name for resource in response.resources],
            "versions": {resource.name: resource.version for resource in response.resources},
            "removed": list(response.removed_resources),
        }

    def sotw(self, message: bytes) -> dict:
        response = discovery_pb2.DiscoveryResponse.FromString(message)
        for resource in response.resources:
            assert resource.type_url == response.type_url, resource
        return {
            "type": response.type_url,
            "version": response.version_info,
            "nonce": response.nonce,
            "names": [resource_name(resource.value) for resource in response.resources],
        }


def answer(command: dict, channels: dict, streams: dict) -> dict:
    match command["do"]:
        case "open":
            name = command.get("channel", "")
            if name not in channels:
                channels[name] = grpc.insecure_channel(TARGET, options=OPTIONS)
            streams[command["stream"]] = Stream(
                channels[name], command["service"], command["delta"]
            )
        case "send":
            streams[command["stream"]].send(command["request"])
        case "bytes":
            streams[command["stream"]].requests.put(bytes.fromhex(command["hex"]))
        case "receive":
            return streams[command["stream"]].receive()
        case "finish":
            streams[command["stream"]].requests.put(None)
        case "cancel":
            streams[command["stream"]].call.cancel()
    return {}


def main() -> None:
    channels: dict[str, grpc.Channel] = {}
    streams: dict[str, Stream] = {}
    for line in sys.stdin:
        print(">", json.dumps(answer(json.loads(line), channels, streams)), flush=True)


if __name__ == "__main__":
    main()
