"""Checks messages that this project encoded against the published descriptors.

Reads lines of `MESSAGE_NAME HEX JSON`. For each: parses the bytes, finds no unknown field, compares
the JSON with that of google.protobuf.json_format, and answers `ok HEX` with the bytes as Python
encodes them, or `differs WHY`.
"""

import json
import sys

from google.protobuf import json_format, unknown_fields

import published_messages


def has_unknown_fields(message):
    if len(unknown_fields.UnknownFieldSet(message)):
        return True
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            values = value.values() if field.message_type.fields_by_name["value"].message_type else []
        else:
            values = value if field.is_repeated else [value]
        if any(has_unknown_fields(one) for one in values):
            return True
    return False


def check(pool, name, encoded, text):
    message = published_messages.message_class(pool, name).FromString(bytes.fromhex(encoded))
    if has_unknown_fields(message):
        return f"differs unknown fields in {name}"
    ours = json.loads(text)
    theirs = json.loads(json_format.MessageToJson(message))
    if ours != theirs:
        return f"differs {json.dumps(ours)} is not {json.dumps(theirs)}"
    return "ok " + message.SerializeToString(deterministic=True).hex()


def main():
    pool = published_messages.load()
    for line in sys.stdin:
        name, encoded, text = line.rstrip("\n").split(" ", 2)
        try:
            print(check(pool, name, encoded if encoded != "-" else "", text))
        except Exception as error:  # an answer for every line, whatever is wrong with it
            print(f"differs {type(error).__name__}: {error}".replace("\n", " "))


if __name__ == "__main__":
    main()
