"""The backends and the clients of the conformance tests, in one process.

    peer.py CERTIFICATES

takes a block of loopback addresses that nobody else uses, starts the backends in it, says where in
a line of JSON, and then takes orders, a line of JSON each, and answers them, in any order, by `id`.
Ends when its standard input does.
"""

import asyncio
import json
import os
import random
import socket
import sys

import backends
import clients

NAMES = ["one", "two", "three", "four"]


def take_block():
    """Two neighbouring blocks 127.N.0.0/16, and the socket that keeps them ours."""
    for _ in range(1000):
        block = random.randrange(40, 250, 2)
        lock = socket.socket()
        try:
            lock.bind((f"127.{block}.0.1", 1999))
            lock.listen()
            return block, lock
        except OSError:
            lock.close()
    raise OSError("no free block of loopback addresses")


async def main(certificates):
    block, lock = take_block()
    started = [await backends.start(name, f"127.{block}.0.{11 + index}", certificates)
               for index, name in enumerate(NAMES)]
    local = await backends.start_local(started[0])
    say({"block": block, "localPort": local})
    reader = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks = set()
    while line := await reader.readline():
        task = asyncio.ensure_future(take(json.loads(line), started, certificates))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    lock.close()
    # The servers have nothing to finish.
    os._exit(0)


async def take(order, started, certificates):
    try:
        if order["do"] == "seen":
            seen = {backend.name: backend.seen[order["token"]] for backend in started}
            say({"id": order["id"], "seen": seen})
        elif order["do"] == "page":
            say({"id": order["id"], "page": await clients.page(order["url"])})
        else:
            say({"id": order["id"], "answers": await clients.run(order, certificates)})
    except Exception as error:  # What the order's test is told, not the end of the others.
        say({"id": order["id"], "problem": f"{type(error).__name__}: {error}"})


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


asyncio.run(main(sys.argv[1]))
