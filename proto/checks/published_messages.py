"""The published xDS messages: every generated module of PyPI's xds-protos that proto/ mirrors."""

import importlib
import pathlib
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTO = pathlib.Path(__file__).resolve().parent.parent


def load():
    """Imports the module of each file of proto/, and of the well-known types."""
    for path in sorted(PROTO.rglob("*.proto")):
        name = str(path.relative_to(PROTO))[: -len(".proto")]
        if not is_of_grpc(name):
            importlib.import_module(name.replace("/", ".") + "_pb2")
    for name in ("any", "duration", "empty", "struct", "timestamp", "wrappers"):
        importlib.import_module(f"google.protobuf.{name}_pb2")
    for path in GRPC:
        add_file(descriptor_pool.Default(), path)
    return descriptor_pool.Default()


def is_of_grpc(name):
    """gRPC's own services are not in xds-protos; the file itself stands in for the published."""
    return name.startswith("grpc/")


GRPC = sorted(path for path in PROTO.rglob("*.proto") if is_of_grpc(str(path.relative_to(PROTO))))


def add_file(pool, path):
    with tempfile.NamedTemporaryFile() as output:
        subprocess.run(
            ["protoc", f"--proto_path={PROTO}", f"--descriptor_set_out={output.name}", path],
            check=True)
        for file in descriptor_pb2.FileDescriptorSet.FromString(output.read()).file:
            pool.AddSerializedFile(file.SerializeToString())


def message_class(pool, name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
