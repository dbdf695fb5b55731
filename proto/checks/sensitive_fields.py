"""Prints the fields of proto/ that the published API marks as sensitive, one a line."""

from udpa.annotations import sensitive_pb2

import compare_descriptors
import published_messages


def sensitive(name, subset, published):
    theirs = {field.name: field for field in published.field}
    for field in subset.field:
        if theirs[field.name].options.Extensions[sensitive_pb2.sensitive]:
            print(f"{name}.{field.name}")
    nested = {message.name: message for message in published.nested_type}
    for message in subset.nested_type:
        sensitive(f"{name}.{message.name}", message, nested[message.name])


def main():
    pool = published_messages.load()
    for file in compare_descriptors.compile_subset(published_messages.PROTO):
        published = compare_descriptors.descriptor_pb2.FileDescriptorProto()
        pool.FindFileByName(file.name).CopyToProto(published)
        messages = {message.name: message for message in published.message_type}
        for message in file.message_type:
            sensitive(f"{file.package}.{message.name}", message, messages[message.name])


if __name__ == "__main__":
    main()
