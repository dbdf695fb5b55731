"""The published xDS messages: every generated module of PyPI's xds-protos that proto/ mirrors."""

import importlib
import pathlib

from google.protobuf import descriptor_pool, message_factory

PROTO = pathlib.Path(__file__).resolve().parent.parent


def load():
    """Imports the module of each file of proto/, and of the well-known types."""
    for path in sorted(PROTO.rglob("*.proto")):
        name = str(path.relative_to(PROTO))[: -len(".proto")]
        importlib.import_module(name.replace("/", ".") + "_pb2")
    for name in ("any", "duration", "struct", "wrappers"):
        importlib.import_module(f"google.protobuf.{name}_pb2")
    return descriptor_pool.Default()


def message_class(pool, name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
