"""The backends of the tests: four, each at an address of its own, all with the same ports.

    8080  HTTP/1.1 and h2c, with WebSockets       8443  the same over TLS
    9090  gRPC                                    9443  gRPC over TLS
    7070  TCP and UDP, a line in and a line out   7443  the same over TLS
"""

import asyncio
import base64
import hashlib
import json
import socket
import ssl

import grpc
import h2.config
import h2.connection
import h2.events
import h2.exceptions

import http1
from echo import Backend, Reset

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def start(name, address, certificates):
    """Starts a backend at an address; it stays until the process ends."""
    backend = Backend(name)
    plain = await asyncio.start_server(http_connection(backend), address, 8080, backlog=512)
    secure = await asyncio.start_server(
        http_connection(backend), address, 8443, ssl=server_tls(certificates, ["h2", "http/1.1"]))
    tcp = await asyncio.start_server(line_connection(backend), address, 7070, backlog=512)
    tcp_secure = await asyncio.start_server(
        line_connection(backend), address, 7443, ssl=server_tls(certificates, None))
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(
        lambda: Datagrams(backend), local_addr=(address, 7070))
    backend.servers = [plain, secure, tcp, tcp_secure, udp]
    backend.servers.append(await start_grpc(backend, address, certificates))
    return backend


async def start_local(backend):
    """Another way to a backend, at ::1 and 127.0.0.1; the port."""
    while True:
        first = await asyncio.start_server(http_connection(backend), "::1", 0)
        port = first.sockets[0].getsockname()[1]
        try:
            second = await asyncio.start_server(http_connection(backend), "127.0.0.1", port)
        except OSError:
            first.close()
            continue
        backend.servers += [first, second]
        return port


def server_tls(certificates, protocols):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{certificates}/backend.crt", f"{certificates}/backend.key")
    # Asks for a certificate and takes none as well: the echo says which it was.
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(f"{certificates}/ca.crt")
    if protocols:
        context.set_alpn_protocols(protocols)

    def remember(session, server_name, _):
        session.server_name = server_name

    context.sni_callback = remember
    return context


def connection_facts(writer, protocol):
    facts = {"protocol": protocol, "port": writer.get_extra_info("sockname")[1]}
    session = writer.get_extra_info("ssl_object")
    if session is not None:
        certificate = session.getpeercert()
        names = [value for part in (certificate or {}).get("subject", ()) for key, value in part
                 if key == "commonName"]
        facts["tls"] = {
            "sni": getattr(session, "server_name", None), "client": names[0] if names else None,
        }
    return facts


def http_connection(backend):
    async def serve(reader, writer):
        try:
            while (request := await http1.read_head(reader)) is not None:
                if request.start.startswith("PRI * HTTP/2.0"):
                    await serve_http2(backend, reader, writer)
                    return
                if request.get("upgrade", "").lower() == "websocket":
                    await serve_websocket(backend, request, reader, writer)
                    return
                await http1.read_body(reader, request)
                method, target, _ = request.start.split(" ")
                status, extra, body = await backend.answer(
                    method, target, request.get("host", ""), request.headers,
                    connection_facts(writer, "HTTP/1.1"))
                headers = [("Content-Type", "application/json"),
                           ("Content-Length", str(len(body)))] + extra
                if method == "HEAD":
                    body = b""
                writer.write(http1.Message(f"HTTP/1.1 {status} Echo", headers, body).encode())
                await writer.drain()
        except Reset:
            abort(writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()
    return serve


def abort(writer):
    """Closes with a reset rather than in order."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


async def serve_websocket(backend, request, reader, writer):
    """Takes the upgrade, and sends the first message back with the backend's name."""
    key = request.get("sec-websocket-key", "").encode()
    accept = base64.b64encode(hashlib.sha1(key + WEBSOCKET).digest()).decode()
    headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"),
               ("Sec-WebSocket-Accept", accept)]
    writer.write(http1.Message("HTTP/1.1 101 Switching Protocols", headers).encode())
    _, length = await reader.readexactly(2)
    mask = await reader.readexactly(4)
    text = bytes(byte ^ mask[index % 4]
                 for index, byte in enumerate(await reader.readexactly(length & 0x7F)))
    answer = json.dumps({"backend": backend.name, "received": text.decode()}).encode()
    writer.write(b"\x81" + bytes([len(answer)]) + answer)
    await writer.drain()
    await reader.read()


async def serve_http2(backend, reader, writer):
    connection = h2.connection.H2Connection(
        h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    # The head of the preface has been read as if it were a request.
    connection.receive_data(PREFACE[:18])
    requests, tasks = {}, set()

    async def answer(stream, headers):
        pseudo = dict(headers)
        plain = [(key, value) for key, value in headers if not key.startswith(":")]
        try:
            status, extra, body = await backend.answer(
                pseudo[":method"], pseudo[":path"], pseudo.get(":authority", ""), plain,
                connection_facts(writer, "HTTP/2"))
            connection.send_headers(
                stream, [(":status", str(status)), ("content-type", "application/json")]
                + [(key.lower(), value) for key, value in extra])
            connection.send_data(stream, body, end_stream=True)
        except Reset:
            connection.reset_stream(stream)
        except h2.exceptions.ProtocolError:
            return
        writer.write(connection.data_to_send())

    while data := await reader.read(65536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                requests[event.stream_id] = event.headers
            elif isinstance(event, h2.events.DataReceived):
                connection.acknowledge_received_data(
                    event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                task = asyncio.ensure_future(
                    answer(event.stream_id, requests.pop(event.stream_id)))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        writer.write(connection.data_to_send())
        await writer.drain()


def line_connection(backend):
    """A line comes, and goes back with the backend's name."""
    async def serve(reader, writer):
        try:
            line = await reader.readline()
            if line:
                facts = connection_facts(writer, "TCP")
                answer = {"backend": backend.name, "received": line.decode().strip(), **facts}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()
    return serve


class Datagrams(asyncio.DatagramProtocol):
    """The same for datagrams."""

    def __init__(self, backend):
        self.backend = backend

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        answer = {"backend": self.backend.name, "received": data.decode().strip()}
        self.transport.sendto(json.dumps(answer).encode(), address)


class AnyMethod(grpc.GenericRpcHandler):
    """Answers every unary method with what it received, as JSON in place of a message."""

    def __init__(self, backend):
        self.backend = backend

    def service(self, details):
        if details.method == "/envoy.service.auth.v3.Authorization/Check":
            return grpc.unary_unary_rpc_method_handler(self.check)

        async def echo(request, context):
            metadata = [(key, value) for key, value in context.invocation_metadata()
                        if isinstance(value, str)]
            _, _, body = await self.backend.answer(
                "POST", details.method, "", metadata, {"protocol": "gRPC"})
            return body
        return grpc.unary_unary_rpc_method_handler(echo)

    async def check(self, request, _):
        """Envoy's external authorization: refuses what says `x-auth: deny`."""
        from envoy.service.auth.v3 import external_auth_pb2
        asked = external_auth_pb2.CheckRequest.FromString(request).attributes.request.http
        answer = external_auth_pb2.CheckResponse()
        if asked.headers.get("x-auth") == "deny":
            answer.status.code = grpc.StatusCode.PERMISSION_DENIED.value[0]
            answer.denied_response.status.code = 403
        else:
            body = asked.body or asked.raw_body.decode()
            told = {"x-authorized-by": self.backend.name, "x-authorized-body": body}
            for key, value in told.items():
                header = answer.ok_response.headers.add().header
                header.key, header.value = key, value or "none"
        return answer.SerializeToString()


async def start_grpc(backend, address, certificates):
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers([AnyMethod(backend)])
    server.add_insecure_port(f"{address}:9090")

    def read(name):
        with open(f"{certificates}/{name}", "rb") as file:
            return file.read()

    server.add_secure_port(
        f"{address}:9443",
        grpc.ssl_server_credentials([(read("backend.key"), read("backend.crt"))]))
    await server.start()
    return server
