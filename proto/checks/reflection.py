"""Checks proto files that this project describes at run time against the published ones.

Reads lines of `NAME HEX`, a FileDescriptorProto each, in the order of their imports, into an empty
pool, as a reflection client does. Then compares every message field by field with proto/ and prints
one line a difference; fails when there is one. With names of services as arguments, those must be
there, too.
"""

import sys

from google.protobuf import descriptor_pb2, descriptor_pool

import compare_descriptors
import published_messages


def main():
    pool = descriptor_pool.DescriptorPool()
    described = {}
    for line in sys.stdin:
        name, encoded = line.split()
        file = descriptor_pb2.FileDescriptorProto.FromString(bytes.fromhex(encoded))
        assert file.name == name, f"{file.name} is sent as {name}"
        pool.Add(file)
        described[name] = file
    comparison = compare_descriptors.Comparison()
    for file in compare_descriptors.compile_subset(published_messages.PROTO):
        pool.FindFileByName(file.name)
        # Both ways: all that is in proto/ is described, and nothing else.
        comparison.same_file(file, described[file.name])
        comparison.same_file(described[file.name], file)
    for service in sys.argv[1:]:
        for method in pool.FindServiceByName(service).methods:
            assert method.input_type.full_name and method.output_type.full_name
    for difference in comparison.differences:
        print(difference)
    print(f"{comparison.fields} fields compared", file=sys.stderr)
    sys.exit(1 if comparison.differences or not comparison.fields else 0)


if __name__ == "__main__":
    main()
