"""The clients of the tests: each takes an order, a dictionary, and gives its answers.

An order names where to connect (`address`, `port`), from which address (`from`), and how often
(`count`). Answers alike are given once, with their number.
"""

import asyncio
import collections
import json
import os
import ssl
import time

import grpc
import h2.config
import h2.connection
import h2.events
import h2.exceptions

import http1

LIMIT = 8.0


async def run(order, certificates):
    """Carries out an order; the different answers, each with its `times`."""
    one = {"http": http_client, "websocket": websocket, "grpc": grpc_client,
           "tcp": tcp, "udp": udp}[order["do"]]
    tally, first = collections.Counter(), {}
    async with one(order, certificates) as call:
        for _ in range(order.get("count", 1)):
            started = time.monotonic()
            try:
                answer = await asyncio.wait_for(call(), LIMIT)
            except (OSError, EOFError, ssl.SSLError, asyncio.TimeoutError) as error:
                answer = {"failed": f"{type(error).__name__}: {error}"}
            key = json.dumps(answer, sort_keys=True)
            tally[key] += 1
            answer["seconds"] = time.monotonic() - started
            first.setdefault(key, answer)
    return [{**first[key], "times": times} for key, times in tally.items()]


async def page(url):
    """The body of a page of an admin port."""
    address, _, path = url.removeprefix("http://").partition("/")
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        headers = [("Host", address), ("Connection", "close")]
        writer.write(http1.Message(f"GET /{path} HTTP/1.1", headers).encode())
        answer = await http1.read_head(reader)
        await http1.read_body(reader, answer, until_close=True)
        return answer.body.decode()
    finally:
        writer.close()


class Client:
    """Keeps a connection from one call to the next."""

    def __init__(self, order, certificates):
        self.order, self.certificates = order, certificates
        self.writer = None
        self.cookies = []

    async def __aenter__(self):
        return self.call

    async def __aexit__(self, *_):
        self.close()

    def close(self):
        if self.writer is not None:
            self.writer.transport.abort()
            self.writer = None

    def tls(self, protocols=None):
        """The context, where the order asks for TLS."""
        wish = self.order.get("tls")
        if wish is None:
            return {}
        context = ssl.create_default_context(cafile=f"{self.certificates}/all-ca.crt")
        if wish.get("certificate"):
            path = f"{self.certificates}/{wish['certificate']}"
            context.load_cert_chain(path + ".crt", path + ".key")
        if protocols:
            context.set_alpn_protocols(protocols)
        if wish.get("sni") is None:
            context.check_hostname = False
            return {"ssl": context}
        return {"ssl": context, "server_hostname": wish["sni"]}

    async def connect(self, protocols=None):
        source = self.order.get("from")
        self.reader, self.writer = await asyncio.open_connection(
            self.order["address"], self.order["port"],
            local_addr=(source, 0) if source else None, **self.tls(protocols))

    def certificate(self):
        """The common name of the server's certificate."""
        session = self.writer.get_extra_info("ssl_object") if self.writer else None
        if session is None:
            return {}
        subject = session.getpeercert().get("subject", ())
        names = [value for part in subject for key, value in part if key == "commonName"]
        return {"certificate": names[0] if names else ""}


def answer_of(status, headers, body):
    """An answer; its body is what the backend echoes, where a backend answered."""
    values = collections.defaultdict(list)
    for key, value in headers:
        if key.lower() not in ("date", "x-envoy-upstream-service-time"):
            values[key.lower()].append(value)
    answer = {"status": int(status), "answered": dict(values)}
    try:
        echo = json.loads(body)
        # Different in every request.
        for name in ("x-request-id", "x-forwarded-for"):
            echo.get("headers", {}).pop(name, None)
        answer["echo"] = echo
    except (ValueError, AttributeError):
        answer["body"] = body.decode("utf-8", "replace")
    return answer


class HTTP1(Client):
    async def call(self):
        if self.writer is None:
            await self.connect(["http/1.1"] if self.order.get("alpn") else None)
        order = self.order
        body = order.get("body", "").encode()
        headers = [("Host", order["authority"])] + [tuple(pair) for pair in order["headers"]]
        if self.cookies:
            headers.append(("Cookie", "; ".join(self.cookies)))
        if body:
            headers.append(("Content-Length", str(len(body))))
        request = http1.Message(f"{order['method']} {order['target']} HTTP/1.1", headers, body)
        try:
            self.writer.write(request.encode())
            answer = await http1.read_head(self.reader)
            if answer is None:
                raise ConnectionError("closed without an answer")
            status = answer.start.split(" ")[1]
            if order["method"] != "HEAD" and status not in ("204", "304"):
                await http1.read_body(self.reader, answer, until_close=True)
        except BaseException:
            self.close()
            raise
        if order.get("keepCookies"):
            self.cookies += [value.split(";")[0] for key, value in answer.headers
                             if key.lower() == "set-cookie"]
        result = {**answer_of(status, answer.headers, answer.body), **self.certificate(),
                  "protocol": "HTTP/1.1"}
        if "close" in answer.get("connection", "").lower():
            self.close()
        return result


class HTTP2(Client):
    async def call(self):
        if self.writer is None:
            await self.connect(["h2"])
            self.connection = h2.connection.H2Connection(
                h2.config.H2Configuration(header_encoding="utf-8"))
            self.connection.initiate_connection()
        try:
            return await self.exchange()
        except h2.exceptions.ProtocolError as error:
            self.close()
            raise ConnectionError(str(error)) from None
        except BaseException:
            self.close()
            raise

    async def exchange(self):
        order, connection = self.order, self.connection
        stream = connection.get_next_available_stream_id()
        body = order.get("body", "").encode()
        connection.send_headers(
            stream,
            [(":method", order["method"]), (":scheme", "https" if "tls" in order else "http"),
             (":authority", order["authority"]), (":path", order["target"])]
            + [(key.lower(), value) for key, value in order["headers"]], end_stream=not body)
        if body:
            connection.send_data(stream, body, end_stream=True)
        headers, received = [], b""
        while True:
            self.writer.write(connection.data_to_send())
            data = await self.reader.read(65536)
            if not data:
                raise ConnectionError("closed without an answer")
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    headers = event.headers
                elif isinstance(event, h2.events.DataReceived):
                    received += event.data
                    connection.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamReset):
                    raise ConnectionError("the stream was reset")
                elif isinstance(event, h2.events.StreamEnded):
                    self.writer.write(connection.data_to_send())
                    plain = [pair for pair in headers if not pair[0].startswith(":")]
                    return {**answer_of(dict(headers)[":status"], plain, received),
                            **self.certificate(), "protocol": "HTTP/2"}


def http_client(order, certificates):
    kind = HTTP1 if order.get("protocol", "h1") == "h1" else HTTP2
    return kind(order, certificates)


class WebSocket(Client):
    """Upgrades, sends a message and waits for one."""

    async def call(self):
        await self.connect()
        order = self.order
        headers = [("Host", order["authority"]), ("Upgrade", "websocket"),
                   ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
                   ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
        headers += [tuple(pair) for pair in order["headers"]]
        self.writer.write(
            http1.Message(f"{order['method']} {order['target']} HTTP/1.1", headers).encode())
        answer = await http1.read_head(self.reader)
        if answer is None:
            raise ConnectionError("closed without an answer")
        status = answer.start.split(" ")[1]
        if status != "101":
            await http1.read_body(self.reader, answer)
            return answer_of(status, answer.headers, answer.body)
        text, mask = order.get("send", "hello").encode(), os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(text))
        self.writer.write(b"\x81" + bytes([0x80 | len(text)]) + mask + masked)
        _, length = await self.reader.readexactly(2)
        result = answer_of(status, answer.headers, await self.reader.readexactly(length))
        self.close()
        return result


def websocket(order, certificates):
    return WebSocket(order, certificates)


class GRPC(Client):
    """gRPC's own client."""

    async def call(self):
        order = self.order
        if self.writer is None:
            options = [("grpc.default_authority", order["authority"]),
                       ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0),
                       ("grpc.enable_http_proxy", 0)]
            target = f"ipv4:{order['address']}:{order['port']}"
            if "tls" in order:
                with open(f"{self.certificates}/all-ca.crt", "rb") as file:
                    credentials = grpc.ssl_channel_credentials(file.read())
                self.channel = grpc.aio.secure_channel(target, credentials, options)
            else:
                self.channel = grpc.aio.insecure_channel(target, options)
            self.writer = self.channel
        call = self.channel.unary_unary(order["target"])(
            b"", timeout=LIMIT - 1, metadata=[tuple(pair) for pair in order["headers"]])
        try:
            answer = answer_of(200, [], await call)
            answer["grpc"] = "OK"
        except grpc.aio.AioRpcError as error:
            answer = {"status": 200, "grpc": error.code().name, "body": error.details()}
        pairs = [pair for pair in (await call.initial_metadata()) if isinstance(pair[1], str)]
        answer["answered"] = answer_of(200, pairs, b"")["answered"]
        return answer

    async def __aexit__(self, *_):
        if self.writer is not None:
            await self.channel.close()


def grpc_client(order, certificates):
    return GRPC(order, certificates)


class TCP(Client):
    """A connection for each line; nothing back is `closed`."""

    async def call(self):
        try:
            await self.connect()
            self.writer.write(order_line(self.order))
            line = await self.reader.readline()
            result = self.certificate()
        except ssl.SSLCertVerificationError:
            raise
        except (ConnectionError, ssl.SSLError, EOFError):
            return {"closed": True}
        finally:
            self.close()
        return {"echo": json.loads(line), **result} if line else {"closed": True}


def tcp(order, certificates):
    return TCP(order, certificates)


def order_line(order):
    return order.get("send", "hello").encode() + b"\n"


class UDP(Client):
    """A socket for each datagram; nothing back within half a second is `dropped`."""

    async def call(self):
        answer = asyncio.get_running_loop().create_future()

        class Protocol(asyncio.DatagramProtocol):
            def datagram_received(self, data, _):
                if not answer.done():
                    answer.set_result(data)

        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            Protocol, remote_addr=(self.order["address"], self.order["port"]))
        try:
            transport.sendto(order_line(self.order))
            data = await asyncio.wait_for(answer, self.order.get("patience", 0.5))
            return {"echo": json.loads(data)}
        except asyncio.TimeoutError:
            return {"dropped": True}
        finally:
            transport.close()


def udp(order, certificates):
    return UDP(order, certificates)
