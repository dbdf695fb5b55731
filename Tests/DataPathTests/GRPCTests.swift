import Foundation
import Routing
import Testing
import XDS

@testable import DataPath

@Suite("gRPC through the proxy, by gRPC's own Python library") struct GRPCTests {
    @Test("unary and streaming calls, metadata, statuses, deadlines, cancellation, large messages")
    func calls() async throws {
        guard let python = ProcessInfo.processInfo.environment["HEDDLE_TEST_PYTHON"] else {
            throw TestStream.Failure(
                description: "HEDDLE_TEST_PYTHON is not set; run `make test-tools` and test with "
                    + "`make test`")
        }
        let peer = Process()
        let input = Pipe()
        let output = Pipe()
        peer.executableURL = URL(fileURLWithPath: python)
        peer.arguments = ["-c", Self.script]
        peer.standardInput = input
        peer.standardOutput = output
        try peer.run()
        defer { peer.terminate() }
        let reader = output.fileHandleForReading
        let port = try await onThread { try Self.line(reader).flatMap { Int($0) } }
        guard let port else { throw TestStream.Failure(description: "the server does not start") }
        var inputs = RoutingInputs.routes(
            [
                Route(
                    name: "r", match: RouteMatch(path: .prefix("/t.T/")),
                    action: .route(RouteAction(cluster: .cluster("one"))))
            ], clusters: ["one": [port]])
        inputs.setHTTP2("one")
        try await TestProxy.with(inputs, workers: 2) { proxy in
            try input.fileHandleForWriting.write(contentsOf: Data("\(proxy.port)\n".utf8))
            let said = try await onThread { () -> [String] in
                var lines: [String] = []
                while let line = try Self.line(reader) { lines.append(line) }
                return lines
            }
            #expect(
                said == [
                    "unary", "large", "server stream", "client stream", "both", "early end",
                    "deadline", "cancel", "status", "unknown", "no route", "parallel",
                ])
        }
        await onThreadWait(peer)
        #expect(peer.terminationStatus == 0)
    }

    private func onThreadWait(_ process: Process) async {
        _ = try? await onThread { process.waitUntilExit() }
    }

    private static func line(_ handle: FileHandle) throws -> String? {
        var line: [UInt8] = []
        while let byte = try handle.read(upToCount: 1)?.first {
            if byte == 0x0A { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return nil
    }

    /// A server and a client in one process; the client goes through the port that it is told.
    private static let script = """
        import grpc, hashlib, os, queue, sys, threading, time
        from concurrent import futures
        same = lambda message: message
        cancelled = threading.Semaphore(0)

        def unary(request, context):
            sent = dict(context.invocation_metadata())
            context.send_initial_metadata((('x-initial', sent.get('x-sent', '')),))
            context.set_trailing_metadata((('x-trailing', 'T'), ('x-bytes-bin', b'\\x00\\xff')))
            return request

        def server_stream(request, context):
            count, size = map(int, request.split())
            for index in range(count):
                yield bytes([index & 255]) * size

        def client_stream(requests, context):
            digest, count = hashlib.sha256(), 0
            for request in requests:
                digest.update(request)
                count += 1
            return f'{count} {digest.hexdigest()}'.encode()

        def both(requests, context):
            for request in requests:
                if request == b'stop':
                    return
                yield request[::-1]

        def wait(request, context):
            done = threading.Event()
            context.add_callback(done.set)
            done.wait(60)
            cancelled.release()
            return b''

        def fail(request, context):
            context.set_trailing_metadata((('x-why', 'because'),))
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, 'n\\u00f6t % ready')

        handlers = {
            '/t.T/Unary': grpc.unary_unary_rpc_method_handler(unary),
            '/t.T/ServerStream': grpc.unary_stream_rpc_method_handler(server_stream),
            '/t.T/ClientStream': grpc.stream_unary_rpc_method_handler(client_stream),
            '/t.T/Both': grpc.stream_stream_rpc_method_handler(both),
            '/t.T/Wait': grpc.unary_unary_rpc_method_handler(wait),
            '/t.T/Fail': grpc.unary_unary_rpc_method_handler(fail),
        }

        class Handler(grpc.GenericRpcHandler):
            def service(self, details):
                return handlers.get(details.method)

        unlimited = [('grpc.max_receive_message_length', -1), ('grpc.max_send_message_length', -1)]
        server = grpc.server(futures.ThreadPoolExecutor(24), options=unlimited)
        server.add_generic_rpc_handlers((Handler(),))
        print(server.add_insecure_port('127.0.0.1:0'), flush=True)
        server.start()
        channel = grpc.insecure_channel('127.0.0.1:' + sys.stdin.readline().strip(), unlimited)

        def said(what):
            print(what, flush=True)

        def failure(call, **options):
            try:
                call(b'', **options)
            except grpc.RpcError as error:
                return error
            raise AssertionError('the call succeeded')

        call = channel.unary_unary('/t.T/Unary')
        response, state = call.with_call(b'hello', metadata=(('x-sent', 'S'),), timeout=60)
        trailing = dict(state.trailing_metadata())
        assert response == b'hello' and dict(state.initial_metadata())['x-initial'] == 'S'
        assert trailing['x-trailing'] == 'T' and trailing['x-bytes-bin'] == b'\\x00\\xff'
        said('unary')
        large = os.urandom(8 << 20)
        assert call(large, timeout=120) == large
        said('large')
        stream = channel.unary_stream('/t.T/ServerStream')
        for index, message in enumerate(stream(b'300 5000', timeout=120)):
            assert message == bytes([index & 255]) * 5000
        assert index == 299
        said('server stream')
        parts = [os.urandom(index * 37 % 50000) for index in range(200)]
        digest = hashlib.sha256(b''.join(parts)).hexdigest()
        answer = channel.stream_unary('/t.T/ClientStream')(iter(parts), timeout=120)
        assert answer.decode() == f'200 {digest}'
        said('client stream')
        waiting = queue.Queue()
        answers = channel.stream_stream('/t.T/Both')(iter(waiting.get, None), timeout=120)
        for index in range(50):
            waiting.put(b'm%d' % index)
            assert next(answers) == (b'm%d' % index)[::-1]
        said('both')
        waiting.put(b'stop')
        assert next(answers, None) is None
        waiting.put(None)
        said('early end')
        waits = channel.unary_unary('/t.T/Wait')
        assert failure(waits, timeout=0.3).code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert cancelled.acquire(timeout=60)
        said('deadline')
        future = waits.future(b'')
        time.sleep(0.1)
        future.cancel()
        assert cancelled.acquire(timeout=60)
        said('cancel')
        error = failure(channel.unary_unary('/t.T/Fail'), timeout=60)
        assert error.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert error.details() == 'n\\u00f6t % ready'
        assert dict(error.trailing_metadata())['x-why'] == 'because'
        said('status')
        error = failure(channel.unary_unary('/t.T/None'), timeout=60)
        assert error.code() == grpc.StatusCode.UNIMPLEMENTED
        said('unknown')
        error = failure(channel.unary_unary('/t.Other/None'), timeout=60)
        assert error.code() == grpc.StatusCode.UNIMPLEMENTED and 'no route' in error.details()
        said('no route')

        def many():
            for index in range(40):
                message = os.urandom(100 + index * 50)
                assert call(message, timeout=120) == message

        with futures.ThreadPoolExecutor(12) as pool:
            for done in [pool.submit(many) for _ in range(12)]:
                done.result()
        said('parallel')
        server.stop(None)
        """
}
