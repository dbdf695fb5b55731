"""What a backend answers, whatever the protocol, and what it remembers.

A request tells the backend how to misbehave:

    x-echo-delay: 0.5            answer after so many seconds
    x-echo-status: 418           answer with this status
    x-echo-fail: 2 503           answer the first two with 503
    x-echo-reset: 2              close the connection of the first two without an answer
    x-echo-header: name=value    send this header with the answer; may be repeated
    x-test-token: WORD           count the requests of this token
"""

import asyncio
import collections
import json


class Reset(Exception):
    """The connection is to be closed without an answer."""


class Backend:
    """One backend: its name, and the requests it has seen by token."""

    def __init__(self, name):
        self.name = name
        self.seen = collections.Counter()

    async def answer(self, method, target, authority, headers, connection):
        """The status, headers and body of the answer to a request."""
        values = collections.defaultdict(list)
        for key, value in headers:
            values[key.lower()].append(value)
        token = values["x-test-token"][0] if values["x-test-token"] else ""
        number = self.seen[token]
        self.seen[token] += 1
        if values["x-echo-reset"] and number < int(values["x-echo-reset"][0]):
            raise Reset()
        if values["x-echo-delay"]:
            await asyncio.sleep(float(values["x-echo-delay"][0]))
        status = int(values["x-echo-status"][0]) if values["x-echo-status"] else 200
        if values["x-echo-fail"]:
            count, code = values["x-echo-fail"][0].split()
            if number < int(count):
                status = int(code)
        extra = [tuple(pair.split("=", 1)) for pair in values["x-echo-header"]]
        body = {
            "backend": self.name, "method": method, "path": target, "host": authority,
            "headers": {key: list_ for key, list_ in values.items() if list_}, **connection,
        }
        return status, extra, json.dumps(body).encode()
