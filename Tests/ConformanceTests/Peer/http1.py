"""HTTP/1.1 messages, as little of them as the tests need."""

import asyncio


class Message:
    """The head and body of a request or an answer; header names are as sent."""

    def __init__(self, start, headers, body=b""):
        self.start, self.headers, self.body = start, headers, body

    def get(self, name, default=None):
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return default

    def encode(self):
        lines = [self.start] + [f"{key}: {value}" for key, value in self.headers]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


async def read_head(reader):
    """The head of the next message; None where the peer has closed in between."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise ConnectionError(f"closed within a head: {error.partial!r}") from None
        return None
    start, *lines = head.decode("latin-1").split("\r\n")
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines if line]
    return Message(start, headers)


async def read_body(reader, message, until_close=False):
    """Reads the body that the head announces."""
    if "chunked" in message.get("transfer-encoding", "").lower():
        while True:
            size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
            message.body += await reader.readexactly(size)
            await reader.readuntil(b"\r\n")
            if size == 0:
                return
    length = message.get("content-length")
    if length is not None:
        message.body = await reader.readexactly(int(length))
    elif until_close:
        message.body = await reader.read()
