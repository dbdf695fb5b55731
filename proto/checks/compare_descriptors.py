"""Compares proto/ with the published descriptors: files, messages, fields, enums.

    compare_descriptors.py [PROTO_DIRECTORY]

Every message, field, oneof and enum value of the subset must be in the published API under the
same file, name, number, type and label. Prints one line a difference; fails when there is one.
"""

import pathlib
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool

import published_messages

FIELD = descriptor_pb2.FieldDescriptorProto
MOST_FIELDS = 64


def compile_subset(directory):
    """The subset's files as descriptors, with what they import."""
    files = sorted(str(path.relative_to(directory)) for path in directory.rglob("*.proto"))
    with tempfile.NamedTemporaryFile() as output:
        subprocess.run(
            ["protoc", f"--proto_path={directory}", "--include_imports",
             f"--descriptor_set_out={output.name}", *files], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(output.read()).file


def describe(field):
    kind = FIELD.Type.Name(field.type)[len("TYPE_"):].lower()
    label = FIELD.Label.Name(field.label)[len("LABEL_"):].lower()
    return f"{label} {field.type_name or kind} = {field.number}"


class Comparison:
    def __init__(self):
        self.differences = []
        self.fields = 0

    def differ(self, where, what):
        self.differences.append(f"{where}: {what}")

    def message(self, name, subset, published):
        theirs = {field.name: field for field in published.field}
        if len(subset.field) > MOST_FIELDS:
            self.differ(name, f"more than {MOST_FIELDS} fields, the decoder's scan counts no more")
        for field in subset.field:
            self.fields += 1
            where = f"{name}.{field.name}"
            other = theirs.get(field.name)
            if other is None:
                self.differ(where, "no such field is published")
                continue
            if describe(field) != describe(other):
                self.differ(where, f"{describe(field)}, published {describe(other)}")
            if self.oneof(subset, field) != self.oneof(published, other):
                self.differ(where, "it is in another oneof")
        self.nested(name, subset, published)

    @staticmethod
    def oneof(message, field):
        if not field.HasField("oneof_index"):
            return None
        return message.oneof_decl[field.oneof_index].name

    def nested(self, name, subset, published):
        theirs = {message.name: message for message in published.nested_type}
        for message in subset.nested_type:
            if message.name in theirs:
                self.message(f"{name}.{message.name}", message, theirs[message.name])
            else:
                self.differ(f"{name}.{message.name}", "no such message is published")
        self.enums(name, subset.enum_type, published.enum_type)

    def enums(self, name, subset, published):
        theirs = {enum.name: enum for enum in published}
        for enum in subset:
            if enum.name not in theirs:
                self.differ(f"{name}.{enum.name}", "no such enum is published")
                continue
            values = {(value.name, value.number) for value in theirs[enum.name].value}
            for value in enum.value:
                if (value.name, value.number) not in values:
                    self.differ(f"{name}.{enum.name}.{value.name}", f"{value.number} is not published")

    def file(self, subset, pool):
        published = descriptor_pb2.FileDescriptorProto()
        pool.FindFileByName(subset.name).CopyToProto(published)
        self.same_file(subset, published)

    def same_file(self, subset, published):
        if subset.package != published.package:
            self.differ(subset.name, f"package {subset.package}, published {published.package}")
        theirs = {message.name: message for message in published.message_type}
        for message in subset.message_type:
            name = f"{subset.package}.{message.name}"
            if message.name in theirs:
                self.message(name, message, theirs[message.name])
            else:
                self.differ(name, f"not published in {subset.name}")
        self.enums(subset.package, subset.enum_type, published.enum_type)


def main():
    directory = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else published_messages.PROTO
    pool = published_messages.load()
    comparison = Comparison()
    files = compile_subset(directory)
    for file in files:
        comparison.file(file, pool)
    for difference in comparison.differences:
        print(difference)
    print(f"{len(files)} files, {comparison.fields} fields compared", file=sys.stderr)
    sys.exit(1 if comparison.differences or not comparison.fields else 0)


if __name__ == "__main__":
    main()
