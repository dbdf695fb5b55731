"""Prints random messages of every type of proto/, as lines of `MESSAGE_NAME HEX JSON`.

    random_messages.py SEED COUNT

COUNT messages a type; names in JSON as in the proto files for every other one.
"""

import random
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

import compare_descriptors
import published_messages

DEEPEST = 4
TEXTS = ["", "a", "reviews", 'ü世🧵 "\\\n', "x" * 50]
NUMBERS = {"int": [0, 1, -1, 2**31 - 1, -(2**31)], "uint": [0, 1, 80, 2**32 - 1]}
LARGE = {"int": [2**63 - 1, -(2**63), 7], "uint": [2**64 - 1, 2**53 + 1, 7]}
FLOATS = [0.0, 1.5, -2.25, 1e10, 0.1, 3e-5]
FIELD = descriptor_pb2.FieldDescriptorProto


class Messages:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pool = descriptor_pool.DescriptorPool()
        self.names = []
        for file in compare_descriptors.compile_subset(published_messages.PROTO):
            self.pool.AddSerializedFile(file.SerializeToString())
            self.collect(file.package, file.message_type)

    def collect(self, scope, messages):
        for message in messages:
            name = f"{scope}.{message.name}"
            if not message.options.map_entry and not name.startswith("google.protobuf."):
                self.names.append(name)
            self.collect(name, message.nested_type)

    def make(self, name):
        kind = message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))
        message = kind()
        self.fill(message, DEEPEST)
        return message

    def fill(self, message, depth):
        special = getattr(self, message.DESCRIPTOR.name.lower(), None)
        if message.DESCRIPTOR.full_name.startswith("google.protobuf.") and special:
            return special(message, depth)
        chosen = {one.name: self.random.choice(one.fields).name for one in message.DESCRIPTOR.oneofs}
        for field in message.DESCRIPTOR.fields:
            if field.containing_oneof and chosen[field.containing_oneof.name] != field.name:
                continue
            if self.random.random() < 0.6 and (depth or not field.message_type):
                self.set(message, field, depth)

    def set(self, message, field, depth):
        target = getattr(message, field.name)
        if field.message_type and field.message_type.GetOptions().map_entry:
            value = field.message_type.fields_by_name["value"]
            for key in self.random.sample(["b", "a", "ü"], 2):
                if value.message_type:
                    self.fill(target[key], depth - 1)
                else:
                    target[key] = self.scalar(value)
        elif field.is_repeated:
            for _ in range(self.random.randint(0, 2)):
                if field.message_type:
                    self.fill(target.add(), depth - 1)
                else:
                    target.append(self.scalar(field))
        elif field.message_type:
            target.SetInParent()
            self.fill(target, depth - 1)
        else:
            setattr(message, field.name, self.scalar(field))

    def scalar(self, field):
        name = FIELD.Type.Name(field.type)[len("TYPE_"):].lower()
        if name == "enum":
            return self.random.choice(field.enum_type.values).number
        if name in ("string", "bytes"):
            text = self.random.choice(TEXTS)
            return text if name == "string" else text.encode()
        if name == "bool":
            return self.random.random() < 0.5
        if name in ("float", "double"):
            return self.random.choice(FLOATS)
        sign = "uint" if name in ("uint32", "uint64", "fixed32", "fixed64") else "int"
        return self.random.choice((LARGE if name.endswith("64") else NUMBERS)[sign])

    def any(self, message, depth):
        if self.random.random() < 0.8:
            name = self.random.choice(
                ["envoy.config.core.v3.Node", "google.protobuf.Duration", "google.protobuf.Struct",
                 "google.protobuf.UInt64Value", "envoy.config.core.v3.DataSource"])
            kind = message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))
            contents = kind()
            self.fill(contents, min(depth, 1))
            message.Pack(contents, deterministic=True)

    def duration(self, message, depth):
        message.seconds = self.random.choice([0, 5, 315_576_000_000])
        message.nanos = self.random.choice([0, 500_000_000, 1000, 1])
        if self.random.random() < 0.2:
            message.seconds, message.nanos = -message.seconds, -message.nanos

    def timestamp(self, message, depth):
        message.seconds = self.random.choice([0, -1, 951_782_400, 253_402_300_799, -62_135_596_800])
        message.nanos = self.random.choice([0, 500_000_000, 1000, 1])

    def struct(self, message, depth):
        for key in self.random.sample(["k", "", "ü"], 2):
            self.value(message.fields[key], depth - 1)

    def listvalue(self, message, depth):
        for _ in range(self.random.randint(0, 2)):
            self.value(message.values.add(), depth - 1)

    def value(self, message, depth):
        kind = self.random.randint(0, 5 if depth > 0 else 3)
        if kind == 0:
            message.null_value = 0
        elif kind == 1:
            message.number_value = self.random.choice(FLOATS)
        elif kind == 2:
            message.string_value = self.random.choice(TEXTS)
        elif kind == 3:
            message.bool_value = self.random.random() < 0.5
        elif kind == 4:
            message.struct_value.SetInParent()
            self.struct(message.struct_value, depth)
        else:
            message.list_value.SetInParent()
            self.listvalue(message.list_value, depth)


def main():
    messages = Messages(int(sys.argv[1]))
    for name in messages.names:
        for index in range(int(sys.argv[2])):
            message = messages.make(name)
            text = json_format.MessageToJson(
                message, indent=None, preserving_proto_field_name=index % 2 == 1,
                descriptor_pool=messages.pool)
            encoded = message.SerializeToString(deterministic=True).hex()
            print(name, encoded or "-", text)


if __name__ == "__main__":
    main()
